/**
 * Matches what tokenizer_pattern.ts compiles, by backtracking, in Oniguruma's order: so it finds the same matches. Steps are
 * counted, because an expression such as (a+)+$ takes twice as many with each letter; the places to go back to lie in
 * an array, not on the host's stack.
 */

/** Instructions, each with the numbers that follow it. Distances count from the instruction itself. */
export const MATCH = 0;
/** CHARACTER point, SET number, SPAN number least most: one character, or as many as there are. With BACK: to the left. */
export const CHARACTER = 1;
export const SET = 2;
export const SPAN = 3;
export const BACK = 3;
/** SPLIT distance: goes on here, and tries there later. LATER distance: the opposite. */
export const SPLIT = 7;
export const LATER = 8;
export const JUMP = 9;
/** AHEAD wanted distance: whether what follows, up to its MATCH, matches at this place; goes on behind it. */
export const AHEAD = 10;
/** ATOMIC distance: the first match of what follows, up to its MATCH, and no other. */
export const ATOMIC = 11;
/** ENTER register: remembers the place. LEAVE register distance: jumps if this is still the place. */
export const ENTER = 12;
export const LEAVE = 13;

/** More than a text has characters. */
export const LONGEST = 0x7fffffff;

/** Steps that any text may take, some tenths of a second; and for each of its characters and words of the code. */
const STEPS = 3e7;
const STEPS_EACH = 4;
/** Numbers of the stack, of 64 MB at most. */
const HIGHEST = 1 << 23;
/** So many are kept for the next text. */
const KEPT = 1 << 14;

export class Matcher {
  readonly #code: Int32Array;
  readonly #sets: readonly CharacterSet[];
  readonly #registers: number[] = [];
  /** Triples: where in the code to go on, where in the text, and how far that place may still move; or a register. */
  #stack = new Int32Array(96);
  #top = 0;
  #steps = 0;

  /** `sets` are JavaScript's classes. Throws a SyntaxError for one that is none. */
  constructor(code: readonly number[], sets: readonly string[]) {
    this.#code = Int32Array.from(code);
    this.#sets = sets.map((set) => new CharacterSet(set));
  }

  /**
   * Start and end of each match, one after the other; null once that takes too many steps. As in Oniguruma's iterator, an
   * empty match right behind the last match does not count.
   */
  places(text: string): number[] | null {
    this.#steps = STEPS + STEPS_EACH * text.length * this.#code.length;
    const found: number[] = [];
    let last = -1;
    for (let start = 0; start <= text.length;) {
      this.#top = 0;
      const end = this.#run(text, 0, start);
      if (this.#stack.length > KEPT) this.#stack = new Int32Array(96);
      if (this.#steps < 0) return null;
      if (end > start || (end === start && end !== last)) found.push(start, (last = end));
      start = end > start ? end : start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
    }
    return found;
  }

  /** Where the match ends that begins at `at`; -1 if there is none. */
  #run(text: string, pc: number, at: number): number {
    const code = this.#code;
    const base = this.#top;
    for (;;) {
      if (--this.#steps < 0) return -1;
      const op = code[pc];
      let going = true;
      switch (op) {
        case MATCH:
          this.#top = base;
          return at;
        case CHARACTER:
        case SET: {
          if (at >= text.length) {
            going = false;
            break;
          }
          let point = text.charCodeAt(at);
          if ((point & 0xfc00) === 0xd800) point = text.codePointAt(at)!;
          going = op === SET ? this.#sets[code[pc + 1]].has(point) : point === code[pc + 1];
          at += point > 0xffff ? 2 : 1;
          pc += 2;
          break;
        }
        case CHARACTER + BACK:
        case SET + BACK: {
          const point = at > 0 ? text.codePointAt(before(text, at))! : -1;
          going =
            point >= 0 && (op === SET + BACK ? this.#sets[code[pc + 1]].has(point) : point === code[pc + 1]);
          at -= point > 0xffff ? 2 : 1;
          pc += 2;
          break;
        }
        case SPAN:
        case SPAN + BACK: {
          const set = this.#sets[code[pc + 1]];
          const [least, most] = [code[pc + 2], code[pc + 3]];
          let count = 0;
          let fewest = at;
          while (count < most) {
            const from = op === SPAN ? at : at > 0 ? before(text, at) : text.length;
            if (from >= text.length) break;
            let point = text.charCodeAt(from);
            if ((point & 0xfc00) === 0xd800) point = text.codePointAt(from)!;
            if (!set.has(point)) break;
            at = op === SPAN ? from + (point > 0xffff ? 2 : 1) : from;
            if (++count === least) fewest = at;
          }
          this.#steps -= count;
          going = count >= least;
          pc += 4;
          if (going && at !== fewest) this.#push(pc, shorter(text, at, fewest), fewest);
          break;
        }
        case SPLIT:
          // Most branches end at their first character: then there is no place to come back to.
          if (this.#fits(text, code, pc + 2, at)) {
            this.#push(pc + code[pc + 1], at, at);
            pc += 2;
          } else pc += code[pc + 1];
          break;
        case LATER:
          this.#push(pc + 2, at, at);
          pc += code[pc + 1];
          break;
        case JUMP:
          pc += code[pc + 1];
          break;
        case AHEAD: {
          const end = this.#run(text, pc + 3, at);
          going = end >= 0 === (code[pc + 1] === 1);
          pc += code[pc + 2];
          break;
        }
        case ATOMIC: {
          const end = this.#run(text, pc + 2, at);
          going = end >= 0;
          at = end;
          pc += code[pc + 1];
          break;
        }
        case ENTER: {
          const register = code[pc + 1];
          this.#push(-1 - register, this.#registers[register] ?? -1, 0);
          this.#registers[register] = at;
          pc += 2;
          break;
        }
        case LEAVE:
          pc += at === this.#registers[code[pc + 1]] ? code[pc + 2] : 3;
          break;
      }
      if (going) continue;
      // Back to the last choice; registers on the way become what they were.
      for (;;) {
        if (this.#top === base) return -1;
        const stack = this.#stack;
        const top = this.#top - 3;
        pc = stack[top];
        at = stack[top + 1];
        const fewest = stack[top + 2];
        if (pc < 0) {
          this.#registers[-1 - pc] = at;
          this.#top = top;
          continue;
        }
        if (at === fewest) this.#top = top;
        else stack[top + 1] = shorter(text, at, fewest);
        break;
      }
    }
  }

  /** Whether the character at `at` is the one that the instruction begins with; true if it begins with none. */
  #fits(text: string, code: Int32Array, pc: number, at: number): boolean {
    const op = code[pc];
    if (op !== SET && op !== CHARACTER && (op !== SPAN || code[pc + 2] === 0)) return true;
    if (at >= text.length) return false;
    let point = text.charCodeAt(at);
    if ((point & 0xfc00) === 0xd800) point = text.codePointAt(at)!;
    return op === CHARACTER ? point === code[pc + 1] : this.#sets[code[pc + 1]].has(point);
  }

  #push(pc: number, at: number, fewest: number): void {
    const top = this.#top;
    if (top + 3 > this.#stack.length) {
      if (top > HIGHEST) return void (this.#steps = 0);
      const more = new Int32Array(2 * this.#stack.length);
      more.set(this.#stack);
      this.#stack = more;
    }
    this.#stack[top] = pc;
    this.#stack[top + 1] = at;
    this.#stack[top + 2] = fewest;
    this.#top = top + 3;
  }
}

/** Where the character before `at` begins. */
function before(text: string, at: number): number {
  const low = (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00;
  return at - (low && at > 1 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800 ? 2 : 1);
}

/** The end of a span that takes one character less. */
function shorter(text: string, at: number, fewest: number): number {
  return at > fewest ? before(text, at) : at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
}

/** What is in a class of JavaScript's, looked up once for each block of 256 characters that a text has. */
class CharacterSet {
  readonly #expression: RegExp;
  readonly #pages: (Uint8Array | undefined)[] = [];

  constructor(source: string) {
    this.#expression = new RegExp(`^${source}$`, 'v');
  }

  has(point: number): boolean {
    return (this.#pages[point >> 8] ?? this.#page(point >> 8))[point & 255] === 1;
  }

  #page(block: number): Uint8Array {
    const page = Uint8Array.from({ length: 256 }, (_, i) =>
      this.#expression.test(String.fromCodePoint(block * 256 + i)) ? 1 : 0,
    );
    return (this.#pages[block] = page);
  }
}
