/** Unigram language model (Kudo 2018): of all ways to cut a word, the one whose scores have the largest sum. */
import { DataError } from '../errors';
import { flag, list } from './tokenizer_fields';
import { type Component } from './tokenizer_json';
import { byteTokens, missing, pushBytes, type Model, type Vocabulary } from './tokenizer_model';

/** In place of the id of a token that has none. */
const UNNAMED = -1;
const utf8 = /* @__PURE__ */ new TextEncoder();

/** How much worse than the worst token an unknown character is. */
const PENALTY = 10;

export class Unigram implements Model {
  readonly #ids: Vocabulary;
  /**
   * As SentencePiece itself, where the step tells what its pieces are for (1: text, 4: symbols of users; others are in no text):
   * scores in float32, and unknown text is no token even if it is spelt like one.
   */
  readonly #exact: boolean;
  readonly #unknown: number | null;
  readonly #unknownScore: number;
  readonly #bytes: (number | undefined)[] | null;
  /** Sorted by UTF-16 units: tokens with a common beginning lie side by side. */
  readonly #tokens: readonly string[];
  readonly #tokenIds: readonly number[];
  readonly #scores: readonly number[];
  /** First unit -> where its tokens begin; 0x10000 entries and the end. */
  readonly #starts = new Uint32Array(0x10001);

  constructor(step: Component, ids: Vocabulary) {
    const entries = list(step, 'vocab') as [string, number][];
    const types = step.pieces === undefined ? null : (list(step, 'pieces') as number[]);
    this.#exact = types !== null;
    const normal = entries.flatMap(([, score], id) => (types && types[id] !== 1 ? [] : [score]));
    const most = normal.reduce((one, score) => Math.max(one, score), -Infinity);
    const scores = entries.map(([token, score], id) =>
      types?.[id] === 4 ? Math.fround(utf8.encode(token).length * most - 0.1) : score,
    );
    const inTexts = (id: number): boolean => !types || types[id] === 1 || types[id] === 4;
    const unknown = step.unk_id ?? null;
    if (unknown !== null && !(Number.isInteger(unknown) && (unknown as number) in scores)) {
      const what = `unk_id is ${JSON.stringify(unknown)} in a vocabulary of ${scores.length}`;
      throw new DataError(
        'tokenizer.json',
        what,
        'It must be the id of the token for unknown text, or null.',
      );
    }
    this.#unknown = unknown as number | null;
    const least = normal.reduce((one, score) => Math.min(one, score), Infinity);
    this.#unknownScore = this.#rounded(least - PENALTY);
    this.#bytes = flag(step, 'byte_fallback', false) ? byteTokens(ids) : null;
    this.#ids = ids;
    // Tokens of SentencePiece's model that have no id: unknown text, each by itself.
    const unnamed = step.unnamed === undefined ? [] : (list(step, 'unnamed') as [string, number][]);
    const known = [...ids].flatMap(([token, id]): [string, number, number][] =>
      token !== '' && inTexts(id) ? [[token, id, scores[id]]] : [],
    );
    const sorted = [...known, ...unnamed.map(([token, score]) => [token, UNNAMED, score] as const)].sort(
      ([a], [b]) => byUnits(a, b),
    );
    this.#tokens = sorted.map(([token]) => token);
    this.#tokenIds = sorted.map(([, id]) => id);
    this.#scores = sorted.map(([, , score]) => score);
    for (const token of this.#tokens) this.#starts[token.charCodeAt(0) + 1]++;
    for (let unit = 0; unit < 0x10000; unit++) this.#starts[unit + 1] += this.#starts[unit];
  }

  encode(word: string, out: number[], spans?: number[]): void {
    const { tokens, starts } = this.#best(word);
    let at = 0;
    while (at < starts.length) {
      const start = starts[at];
      const unknown = tokens[at] === this.#unknown;
      at++;
      while (unknown && at < starts.length && tokens[at] === this.#unknown) at++; // unknown ones side by side are one
      const end = starts[at] ?? word.length;
      const piece = word.slice(start, end);
      const id = this.#exact ? this.#idOf(tokens[at - 1]) : this.#ids.get(piece);
      const before = out.length;
      if (id !== undefined) out.push(id);
      else if (!pushBytes(piece, this.#bytes, out)) out.push(this.#unknown!);
      for (let i = before; i < out.length; i++) spans?.push(start, end);
    }
  }

  /** Undefined for unknown characters. */
  #idOf(token: number): number | undefined {
    if (token === UNNAMED) return this.#unknown!;
    return token === this.#unknown ? undefined : token;
  }

  #rounded(score: number): number {
    return this.#exact ? Math.fround(score) : score;
  }

  /** Viterbi's search, from left to right; among equals the one found first. */
  #best(word: string): { tokens: number[]; starts: number[] } {
    const length = word.length;
    const score = new Float64Array(length + 1);
    const from = new Int32Array(length + 1).fill(-1);
    const token = new Int32Array(length + 1);
    const offer = (end: number, exact: number, start: number, id: number) => {
      const total = this.#rounded(exact);
      if (from[end] >= 0 && total <= score[end]) return;
      score[end] = total;
      from[end] = start;
      token[end] = id;
    };
    for (let start = 0, next = 0; start < length; start = next) {
      next = start + (word.codePointAt(start)! > 0xffff ? 2 : 1);
      let single = false;
      let low = this.#starts[word.charCodeAt(start)];
      let high = this.#starts[word.charCodeAt(start) + 1];
      // Tokens low … high begin as the word does from start to end.
      for (let end = start + 1; low < high; end++) {
        const depth = end - start;
        if (this.#tokens[low].length === depth) {
          offer(end, score[start] + this.#scores[low], start, this.#tokenIds[low]);
          single ||= end === next;
          low++;
        }
        if (end >= length) break;
        const unit = word.charCodeAt(end);
        low = this.#bound(low, high, depth, unit);
        high = this.#bound(low, high, depth, unit + 1);
      }
      if (!single)
        offer(
          next,
          score[start] + this.#unknownScore,
          start,
          this.#unknown ?? missing(word.slice(start, next)),
        );
    }
    const tokens: number[] = [];
    const starts: number[] = [];
    for (let end = length; end > 0; end = from[end]) {
      tokens.push(token[end]);
      starts.push(from[end]);
    }
    return { tokens: tokens.reverse(), starts: starts.reverse() };
  }

  /** The first of low … high whose unit at `depth` is not below `unit`. */
  #bound(low: number, high: number, depth: number, unit: number): number {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tokens[middle].charCodeAt(depth) < unit) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
