/**
 * Patterns of tokenizer.json. Their regular expressions are Oniguruma's, in its Ruby-like syntax. They are compiled for a
 * matcher of our own, since nothing can interrupt JavaScript's; what it cannot say is an error that names it.
 */
import { DataError } from '../errors';
import {
  AHEAD,
  ATOMIC,
  BACK,
  CHARACTER,
  ENTER,
  JUMP,
  LATER,
  LEAVE,
  LONGEST,
  MATCH,
  Matcher,
  SET,
  SPAN,
  SPLIT,
} from './tokenizer_matcher';
import { unsupported } from './tokenizer_json';

/** Places of the matches in a text: start, end, start, end, … */
export type Places = (text: string) => number[];

/** `{ "String": "…" }` or `{ "Regex": "…" }`. */
export function pattern(
  source: { readonly String?: unknown; readonly Regex?: unknown },
  where: string,
): Places {
  const plain = typeof source.String === 'string';
  const text = plain ? source.String : source.Regex;
  if (typeof text !== 'string') unsupported(`${where} with the pattern ${JSON.stringify(source)}`);
  const name = `${where} with the ${plain ? 'text' : 'regular expression'} ${JSON.stringify(text)}`;
  let matcher: Matcher;
  try {
    const translation = new Translation(text);
    matcher = new Matcher(plain ? translation.literal() : translation.result(), translation.sets);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    unsupported(`${name} (${cause.message})`);
  }
  return (text) => {
    const places = matcher.places(text);
    if (places) return places;
    const what = `${name} tries too many ways to match a text of ${text.length} characters`;
    throw new DataError('tokenizer', what, 'Encode the text elsewhere and pass token ids.');
  };
}

/** As Oniguruma's iterator: an empty match right behind the last match does not count. */
export function places(expression: RegExp): Places {
  return (text) => {
    const found: number[] = [];
    let last = -1;
    expression.lastIndex = 0;
    for (let match = expression.exec(text); match; match = expression.exec(text)) {
      const end = match.index + match[0].length;
      if (match[0] !== '') found.push(match.index, (last = end));
      else {
        if (end !== last) found.push(end, (last = end));
        expression.lastIndex += text.codePointAt(end)! > 0xffff ? 2 : 1;
      }
      if (expression.lastIndex > text.length) break;
    }
    return found;
  };
}

const IN_WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
/** Outside of brackets, Oniguruma's word characters have six of Latin-1 more. */
const WORD = `[${IN_WORD}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be]`;

/** Classes by escape, as the inside of a JavaScript class. */
const CLASSES: Readonly<Record<string, string>> = {
  s: '\\p{White_Space}',
  d: '\\p{Nd}',
  h: '0-9A-Fa-f',
  w: IN_WORD,
};

/** Classes by POSIX name. */
const NAMED: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  ascii: '\\0-\\x7f',
  blank: '\\t\\p{Zs}',
  cntrl: '\\p{Cc}',
  digit: '\\p{Nd}',
  graph: '[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]',
  lower: '\\p{Lowercase}',
  print: '[^\\p{White_Space}\\p{Cc}\\p{Cn}\\p{Cs}]\\p{Zs}',
  punct: '\\p{P}\\p{S}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  word: IN_WORD,
  xdigit: '0-9A-Fa-f',
};

/** Escapes that other expressions say. */
const OTHERS: Readonly<Record<string, string>> = {
  b: '(?<=\\w)(?!\\w)|(?<!\\w)(?=\\w)',
  B: '(?!\\b)',
  A: '(?<!(?m:.))',
  z: '(?!(?m:.))',
  Z: '(?=\\n?\\z)',
  R: '\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029]',
  N: '[^\\n]',
  O: '(?m:.)',
  '^': '\\A|(?<=\\n)(?!\\z)',
  $: '(?=\\n|\\z)',
};

const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7, e: 27 };

/** Properties with as many letters in each case: ignoring case adds nothing. */
const CASELESS =
  /^(?:L|Letter|Alpha|Alphabetic|Alnum|N.?|P.?|Z.?|White_?Space|Space|Digit|Word|Han|Hiragana|Katakana|Hangul|Thai)$/i;

interface Options {
  /** (?i), (?m) and (?x). */
  readonly fold: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
}

const PLAIN: Options = { fold: false, dotAll: false, extended: false };

/** So long may an expression be, and what it is compiled to: those of real tokenizers take some hundreds. */
const MOST = 1 << 16;
/** So deep may groups and brackets nest. */
const DEEPEST = 250;

/** A compiled part of an expression. */
interface Part {
  readonly code: readonly number[];
  /** Whether it may match nothing. */
  readonly empty: boolean;
  /** Of a part that is one character: JavaScript's class of it. */
  readonly set?: string;
}

class Translation {
  /** JavaScript's classes, by the numbers that the code has for them. */
  readonly sets: string[] = [];
  readonly #numbers = new Map<string, number>();
  #source: string;
  #at = 0;
  #depth = 0;
  #registers = 0;
  /** `BACK` within what looks behind, which is matched from its end. */
  #back = 0;

  constructor(source: string) {
    this.#source = source;
    if (source.length > MOST) throw new SyntaxError('too long');
  }

  result(): number[] {
    const { code } = this.#alternatives(PLAIN);
    if (this.#at < this.#source.length) throw new SyntaxError('a group is closed that was never opened');
    return [...code, MATCH];
  }

  /** Of a text that stands for itself. */
  literal(): number[] {
    return [...Array.from(this.#source, (c) => [CHARACTER, c.codePointAt(0)!]).flat(), MATCH];
  }

  /** Up to the end of the group. */
  #alternatives(options: Options): Part {
    if (++this.#depth > DEEPEST) throw new SyntaxError('too many groups in each other');
    const branches: Part[] = [];
    let parts: Part[] = [];
    let before = ''; // the literal before this one: some pairs stand for one letter where case is ignored
    while (this.#at < this.#source.length && this.#source[this.#at] !== ')') {
      if (this.#eat('|')) {
        branches.push(this.#sequence(parts));
        parts = [];
        before = '';
        continue;
      }
      if (options.extended && this.#match(/\s+|#.*/y)) continue;
      if (this.#match(/\(\?#[^)]*\)/y)) continue;
      const changed = this.#match(/\(\?([imx]*)(?:-([imx]*))?\)/y);
      if (changed) {
        parts.push(this.#alternatives(withOptions(options, changed)));
        break;
      }
      const start = this.#at;
      const atom = this.#atom(options);
      const now = this.#source.slice(start, this.#at);
      const whole = this.#quantified(atom);
      if (options.fold && whole === atom && /^(?:ss|ff|fi|fl|st)$/i.test(before + now)) {
        throw new SyntaxError(`"${before + now}" in any case`);
      }
      before = whole === atom ? now : '';
      parts.push(whole);
    }
    this.#depth--;
    return either([...branches, this.#sequence(parts)]);
  }

  /** What a shorter way of writing stands for. */
  #inPlace(source: string): Part {
    const [outer, at] = [this.#source, this.#at];
    [this.#source, this.#at] = [source, 0];
    const part = this.#alternatives(PLAIN);
    [this.#source, this.#at] = [outer, at];
    return part;
  }

  #sequence(parts: readonly Part[]): Part {
    if (parts.length === 1) return parts[0];
    const code = (this.#back ? [...parts].reverse() : parts).flatMap((part) => part.code);
    return sized({ code, empty: parts.every(({ empty }) => empty) });
  }

  #quantified(atom: Part): Part {
    const match = this.#match(/([*+?])([?+]?)|\{(?=,?\d)(\d*)(,?)(\d*)\}(\??)/y);
    if (!match) return atom;
    const [, sign, mode, least, comma, most, lazy] = match;
    let out: Part;
    if (sign) {
      out = this.#repeated(atom, sign === '+' ? 1 : 0, sign === '?' ? 1 : LONGEST, mode === '?');
      if (mode === '+') out = this.#atomic(out);
    } else {
      if (most && +least > +most) throw new SyntaxError('an interval that runs backwards');
      const from = +least || 0;
      const to = comma ? (most ? +most : LONGEST) : from;
      out = this.#repeated(atom, from, to, Boolean(lazy && comma));
      if (lazy && !comma) out = this.#repeated(out, 0, 1, false);
      if (this.#eat('+')) out = this.#repeated(out, 1, LONGEST, false);
    }
    if (this.#match(/(?=[*+?]|\{,?\d+,?\d*\})/y)) throw new SyntaxError('a quantifier of a quantifier');
    return out;
  }

  #repeated({ code, empty, set }: Part, least: number, most: number, lazy: boolean): Part {
    const all = { empty: empty || least === 0 };
    if (set !== undefined && !lazy) {
      const counts = [least, most].map((count) => Math.min(count, LONGEST));
      return { ...all, code: [SPAN + this.#back, this.#number(set), ...counts] };
    }
    const endless = most >= LONGEST;
    const [go, stay] = lazy ? [LATER, SPLIT] : [SPLIT, LATER];
    const copies = endless ? Math.max(0, least - 1) : most;
    // Whether such rounds are counted hangs on how Oniguruma compiles them.
    if (empty && copies > (endless ? 0 : 1)) throw new SyntaxError('a count of what may match nothing');
    if (copies * (code.length + 2) > MOST) throw new SyntaxError('too many repetitions');
    const out: number[] = [];
    for (let i = 0; i < copies; i++) {
      if (i >= least) out.push(go, (copies - i) * (code.length + 2)); // to the end
      for (const word of code) out.push(word);
    }
    if (!endless) return sized({ ...all, code: out });
    // A round that matches nothing is the last one, as in Oniguruma.
    const register = this.#registers;
    const round = empty ? [ENTER, register, ...code, LEAVE, register, 5] : [...code];
    if (empty) this.#registers++;
    round.push(stay, -round.length);
    if (least === 0) out.push(go, round.length + 2);
    for (const word of round) out.push(word);
    return sized({ ...all, code: out });
  }

  /** What it has found first stays found. */
  #atomic({ code, empty }: Part): Part {
    if (this.#back) throw new SyntaxError('an atomic group looking behind');
    return { code: [ATOMIC, code.length + 3, ...code, MATCH], empty };
  }

  #atom(options: Options): Part {
    if (this.#eat('[')) return this.#one(this.#class(options));
    if (this.#eat('.')) return this.#one(options.dotAll ? '[^]' : '[^\\n]');
    if (this.#eat('(')) return this.#group(options);
    if (this.#match(/[*+?]/y)) throw new SyntaxError('nothing to repeat');
    const sign = this.#match(/[$^]|\\([bBAzZRNO])/y);
    if (sign) return this.#inPlace(OTHERS[sign[1] ?? sign[0]]);
    if (this.#source[this.#at] !== '\\') return this.#literal(this.#character(), options);
    const next = this.#source[this.#at + 1];
    if (next === 'w' || next === 'W') {
      this.#at += 2;
      return this.#one(next === 'w' ? WORD : WORD.replace('[', '[^'));
    }
    if (/[GKXyYkg1-9]/.test(next)) throw new SyntaxError(`\\${next}`);
    const set = this.#property(false) ?? this.#set();
    if (set !== null) return this.#one(`[${set}]`);
    return this.#literal(this.#escaped(), options);
  }

  #literal(point: number, options: Options): Part {
    const set = `[${range(point, point, options)}]`;
    if (options.fold) return this.#one(set);
    return { code: [CHARACTER + this.#back, point], empty: false, set };
  }

  #one(set: string): Part {
    return { code: [SET + this.#back, this.#number(set)], empty: false, set };
  }

  #number(set: string): number {
    let number = this.#numbers.get(set);
    if (number === undefined) this.#numbers.set(set, (number = this.sets.push(set) - 1));
    return number;
  }

  #group(options: Options): Part {
    let inner = options;
    const match = this.#match(/\?(?:(<?)([=!])|(:)|(>)|<\w+>|'\w+'|([imx]*)(?:-([imx]*))?:)/y);
    const [, behind, look, , atomic, on, off] = match ?? [];
    if (!match && this.#source[this.#at] === '?') {
      throw new SyntaxError(`(${this.#source.slice(this.#at, this.#at + 3)}`);
    }
    if (on !== undefined) inner = withOptions(options, ['', on, off]);
    const back = this.#back;
    if (look) this.#back = behind ? BACK : 0;
    const inside = this.#alternatives(inner);
    this.#back = back;
    if (!this.#eat(')')) throw new SyntaxError('a group is never closed');
    if (atomic) return this.#atomic(inside);
    if (!look) return { code: inside.code, empty: inside.empty };
    const { code } = inside;
    return { code: [AHEAD, look === '=' ? 1 : 0, code.length + 4, ...code, MATCH], empty: true };
  }

  /** What stands between brackets, the first one read already. */
  #class(options: Options): string {
    if (++this.#depth > DEEPEST) throw new SyntaxError('too many brackets in each other');
    const open = this.#eat('^') ? '[^' : '[';
    const parts: string[] = [];
    let out = '';
    for (let first = true; first || this.#source[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#source.length) throw new SyntaxError('brackets are never closed');
      if (this.#eat('&&')) {
        if (out === '' || this.#source[this.#at] === '^')
          throw new SyntaxError('&& without a set on each side');
        parts.push(out);
        out = '';
        continue;
      }
      const named = this.#match(/\[:(\^?)([a-z]+):\]/iy);
      if (named) {
        out += setOf(NAMED, named[2], named[1] !== '', options);
        continue;
      }
      if (this.#eat('[')) {
        out += this.#class(options);
        continue;
      }
      const set = this.#property(true, options) ?? this.#set();
      if (set !== null) {
        if (/^-[^\]]/.test(this.#source.slice(this.#at)))
          throw new SyntaxError('a range that begins with a set');
        out += set;
        continue;
      }
      const from = this.#member();
      if (this.#match(/-(?!\]|&&|\[)/y)) {
        if (this.#match(/(?=\\[wWsSdDhHpP])/y)) throw new SyntaxError('a range that ends with a set');
        out += range(from, this.#member(), options);
      } else {
        out += range(from, from, options);
      }
    }
    this.#at++;
    this.#depth--;
    if (out === '') throw new SyntaxError('empty brackets');
    parts.push(out);
    return `${open}${parts.length === 1 ? out : parts.map((part) => `[${part}]`).join('&&')}]`;
  }

  /** One character of a class. */
  #member(): number {
    if (this.#source[this.#at] !== '\\') return this.#character();
    if (this.#source[this.#at + 1] === 'b') {
      this.#at += 2;
      return 8;
    }
    return this.#escaped();
  }

  /** \p{…}, as the inside of a class. */
  #property(inClass: boolean, { fold }: Partial<Options> = {}): string | null {
    const match = this.#match(/\\([pP])\{(\^?)([^}]*)\}/y);
    if (!match) return null;
    const [whole, p, hat, name] = match;
    const negated = (p === 'P') !== (hat !== '');
    if (fold && !CASELESS.test(name)) throw new SyntaxError(`${whole} in any case`);
    const plain = name.replace(/[\s_-]/g, '').toLowerCase();
    if (plain === 'punct') return negated ? '\\P{P}' : '\\p{P}';
    if (plain === 'word' && !inClass) return negated ? WORD.replace('[', '[^') : WORD;
    if (Object.hasOwn(NAMED, plain)) return setOf(NAMED, plain, negated);
    const words = name.trim().split(/[\s_-]+/);
    const titled = words.map((word) => word[0]?.toUpperCase() + word.slice(1).toLowerCase()).join('_');
    for (const spelling of [name, titled, name.toUpperCase()]) {
      for (const property of [spelling, `sc=${spelling}`]) {
        const source = `\\${negated ? 'P' : 'p'}{${property}}`;
        try {
          new RegExp(source, 'u'); // not v: it has sequences too
          return source;
        } catch {
          // another spelling, perhaps
        }
      }
    }
    throw new SyntaxError(whole);
  }

  /** \s and its like, as the inside of a class. */
  #set(): string | null {
    const match = this.#match(/\\([sdhw])/iy);
    return match && setOf(CLASSES, match[1].toLowerCase(), match[1] < 'a');
  }

  /** A backslash and what stands for one character. */
  #escaped(): number {
    const match = this.#match(/\\(?:x\{([\da-f]+)\}|x([\da-f]{1,2})|u([\da-f]{4})|c([a-z])|0([0-7]{0,2}))/iy);
    if (match) {
      const [, long, short, unit, control, octal] = match;
      if (control) return control.charCodeAt(0) & 31;
      const point = octal === undefined ? parseInt(long ?? short ?? unit, 16) : parseInt(octal || '0', 8);
      if (short && point > 0x7f) throw new SyntaxError(match[0]); // a byte of UTF-8
      return point;
    }
    this.#at++;
    if (this.#match(/[xucCM]/y)) throw new SyntaxError('an escape that is cut short');
    const next = this.#character();
    const name = String.fromCodePoint(next);
    return Object.hasOwn(CONTROLS, name) ? CONTROLS[name] : next;
  }

  #character(): number {
    const point = this.#source.codePointAt(this.#at);
    if (point === undefined) throw new SyntaxError('it ends with a backslash');
    this.#at += point > 0xffff ? 2 : 1;
    return point;
  }

  #eat(text: string): boolean {
    const found = this.#source.startsWith(text, this.#at);
    if (found) this.#at += text.length;
    return found;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#source);
    if (match) this.#at += match[0].length;
    return match;
  }
}

function withOptions(options: Options, [, on = '', off = '']: readonly (string | undefined)[]): Options {
  const is = (letter: string, before: boolean) => (on.includes(letter) || before) && !off.includes(letter);
  return {
    fold: is('i', options.fold),
    dotAll: is('m', options.dotAll),
    extended: is('x', options.extended),
  };
}

function setOf(
  sets: Readonly<Record<string, string>>,
  name: string,
  negated: boolean,
  { fold }: Partial<Options> = {},
): string {
  if (!Object.hasOwn(sets, name)) throw new SyntaxError(`[:${name}:]`);
  if (fold && (name === 'lower' || name === 'upper')) throw new SyntaxError(`[:${name}:] in any case`);
  return `[${negated ? '^' : ''}${sets[name]}]`;
}

/** The first of them that leads to a match. */
function either(branches: readonly Part[]): Part {
  if (branches.length === 1) return branches[0];
  const code: number[] = [];
  let left = branches.reduce((sum, branch) => sum + branch.code.length + 4, 0);
  for (const [i, branch] of branches.entries()) {
    left -= branch.code.length + 4;
    const last = i === branches.length - 1;
    if (!last) code.push(SPLIT, branch.code.length + 4);
    for (const word of branch.code) code.push(word);
    if (!last) code.push(JUMP, left - 4 + 2); // the last one has neither
  }
  return sized({ code, empty: branches.some(({ empty }) => empty) });
}

function sized(part: Part): Part {
  if (part.code.length > MOST) throw new SyntaxError('too long');
  return part;
}

/** Members of a class, in both cases where case is ignored. */
function range(from: number, to: number, { fold }: Options): string {
  if (from > to) throw new SyntaxError('a range that runs backwards');
  const hex = (point: number) => `\\u{${point.toString(16)}}`;
  let out = from === to ? hex(from) : `${hex(from)}-${hex(to)}`;
  if (!fold) return out;
  for (let point = from; point <= to; point++) {
    const character = String.fromCodePoint(point);
    const other = character.toLowerCase() === character ? character.toUpperCase() : character.toLowerCase();
    if (other === character) continue;
    if (point > 0x7f) throw new SyntaxError(`"${character}" in any case`);
    out += hex(other.charCodeAt(0));
    if (other === 's' || other === 'S') out += hex(0x17f); // the long s
    if (other === 'k' || other === 'K') out += hex(0x212a); // the sign for kelvin
  }
  return out;
}
