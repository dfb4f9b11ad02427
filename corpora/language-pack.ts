/**
 * Sentence pairs of VS Code's language packs (MIT), as the packages @codingame/monaco-vscode-language-pack-* and
 * @codingame/monaco-vscode-api have them: an array of translations, whose indices the English source code names as
 * `localize(17, "Close Dialog")`, and for each extension a table from English to the other language.
 */

export interface Translation {
  readonly source: string;
  readonly target: string;
}

const MESSAGE = /\blocalize2?\(\s*(\d+),\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`)/gs;

/** Adds the English messages of a file of source code, by index. */
export function collectMessages(code: string, messages: Map<number, string>): void {
  for (const [, index, literal] of code.matchAll(MESSAGE)) {
    messages.set(Number(index), unescaped(literal.slice(1, -1)));
  }
}

/** The array that a pack's main file holds: JSON but for its beginning, its end and `undefined` in places. */
export function translationsOf(code: string): (string | null)[] {
  const json = code
    .slice(code.indexOf('['), code.lastIndexOf(']') + 1)
    .replace(/^(\s*)undefined(,?)\s*$/gm, '$1null$2');
  return JSON.parse(json) as (string | null)[];
}

/** Pairs of the messages that are both known and translated, in order of their indices. */
export function messagePairs(
  messages: ReadonlyMap<number, string>,
  translations: readonly (string | null | undefined)[],
): Translation[] {
  const known = [...messages].sort(([a], [b]) => a - b);
  return known.flatMap(([index, source]) => {
    const target = translations[index];
    return typeof target === 'string' ? [{ source, target }] : [];
  });
}

/** Pairs of an extension's table: its keys are English, at times followed by a slash and a note for translators. */
export function bundlePairs(bundle: Readonly<Record<string, unknown>>): Translation[] {
  return Object.entries(bundle).flatMap(([source, target]) =>
    typeof target === 'string' ? [{ source, target }] : [],
  );
}

/** Placeholders, code, markup, icons, mnemonics, addresses and setting names: no running text. */
const FOREIGN = /[{}[\]<>|`$%\\~@#=^*\n\t]|&&|:\/\/|\w[._]\w|\s-{1,2}\w|\w\/\w/;

/**
 * The pairs that a translation model can learn from: 3 to 25 English words of running text, a translation of about
 * that length, each pair once.
 */
export function cleanPairs(pairs: readonly Translation[], language: 'fr' | 'zh'): Translation[] {
  const clean = new Map<string, Translation>();
  for (const pair of pairs) {
    const [source, target] = [pair.source, pair.target].map((text) =>
      text.trim().replace(/[ \u00a0]+/g, ' '),
    );
    if (FOREIGN.test(source) || FOREIGN.test(target) || source === target) continue;
    const words = source.split(' ').length;
    if (words < 3 || words > 25) continue;
    const length = language === 'zh' ? characters(target) : target.split(' ').length;
    const [least, most] = language === 'zh' ? [0.6, 5] : [0.5, 2.5];
    if (length < least * words || length > most * words + 2) continue;
    clean.set(`${source}\t${target}`, { source, target });
  }
  return [...clean.values()];
}

/** Chinese characters and words in Latin letters, each as one. */
function characters(text: string): number {
  return text.match(/\p{Script=Han}|[\p{Script=Latin}\d]+/gu)?.length ?? 0;
}

function unescaped(text: string): string {
  const short: Record<string, string> = {
    n: '\n',
    t: '\t',
    r: '\r',
    b: '\b',
    f: '\f',
    v: '\v',
    0: '\0',
    '\n': '',
  };
  return text.replace(
    /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|(.))/gis,
    (_, a, b, c, one: string) => {
      const code = (a ?? b ?? c) as string | undefined;
      return code === undefined ? (short[one] ?? one) : String.fromCodePoint(parseInt(code, 16));
    },
  );
}
