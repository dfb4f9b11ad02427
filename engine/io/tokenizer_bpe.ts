/** Byte-pair encoding (Sennrich et al. 2016) as Python's tokenizers applies it: the merge of the lowest rank first. */
import { DataError } from '../errors';
import { flag, list, text as textOf, wrong } from './tokenizer_fields';
import { unsupported, type Component } from './tokenizer_json';
import { byteTokens, missing, pushBytes, type Model, type Vocabulary } from './tokenizer_model';

/** Words whose ids are remembered, and how long one may be. */
const CACHED = 10_000;
const CACHED_LENGTH = 256;

export class BPE implements Model {
  readonly #ids: Vocabulary;
  /** Pair of ids -> rank. */
  readonly #ranks = new Map<number, number>();
  /** Rank -> id of the merged token. */
  readonly #merged: number[] = [];
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #unknown: string | null;
  readonly #fuse: boolean;
  readonly #whole: boolean;
  readonly #bytes: (number | undefined)[] | null;
  /** Words that are tokens as they are, and parts of none: symbols of SentencePiece's users. */
  readonly #frozen: ReadonlySet<string>;
  readonly #cache = new Map<string, number[]>();

  constructor(step: Component, ids: Vocabulary) {
    if (step.dropout) unsupported(`BPE with dropout ${step.dropout as number}, which draws lots,`);
    this.#ids = ids;
    this.#prefix = textOf(step, 'continuing_subword_prefix', '');
    this.#suffix = textOf(step, 'end_of_word_suffix', '');
    this.#unknown = textOf(step, 'unk_token', '') || null;
    this.#fuse = flag(step, 'fuse_unk', false);
    this.#whole = flag(step, 'ignore_merges', false);
    this.#bytes = flag(step, 'byte_fallback', false) ? byteTokens(ids) : null;
    this.#frozen = new Set(step.frozen === undefined ? [] : (list(step, 'frozen') as string[]));
    // SentencePiece's: several merges that make one token are of one rank.
    const ranks = step.ranks === undefined ? null : (list(step, 'ranks') as number[]);
    let count = 0;
    for (const merge of list(step, 'merges')) {
      // Older files have "left right", and a line with their version.
      if (typeof merge === 'string' && merge.startsWith('#version')) continue;
      const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
      if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string')) {
        wrong({ type: 'BPE', merge }, 'merge', 'two tokens');
      }
      const [left, right] = pair as [string, string];
      const idOf = (token: string): number => {
        const id = ids.get(token);
        if (id !== undefined) return id;
        const what = `the merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} needs ${JSON.stringify(token)}`;
        throw new DataError('tokenizer.json', what, 'It is not in the vocabulary: is the file whole?');
      };
      const rank = ranks ? ranks[count] : count;
      count++;
      this.#ranks.set(pairKey(idOf(left), idOf(right)), rank);
      this.#merged[rank] = idOf(left + right.slice(this.#prefix.length));
    }
  }

  encode(word: string, out: number[]): void {
    if (this.#whole || this.#frozen.has(word)) {
      const id = this.#ids.get(word);
      if (id !== undefined) return void out.push(id);
    }
    let ids = this.#cache.get(word);
    if (!ids) {
      ids = this.#merge(this.#symbols(word));
      if (word.length < CACHED_LENGTH && this.#cache.size < CACHED) this.#cache.set(word, ids);
    }
    for (const id of ids) out.push(id);
  }

  /** A token for each character: known, its bytes, or unknown. */
  #symbols(word: string): number[] {
    const symbols: number[] = [];
    let unknown = -1; // held back, as more may be fused with it
    let at = 0;
    for (const character of word) {
      let token = at > 0 ? this.#prefix + character : character;
      at += character.length;
      if (at === word.length) token += this.#suffix;
      const id = this.#ids.get(token);
      if (id !== undefined) {
        if (unknown >= 0) symbols.push(unknown);
        unknown = -1;
        symbols.push(id);
        continue;
      }
      if (pushBytes(token, this.#bytes, symbols)) continue; // before an unknown one that is held back, as in Python
      if (this.#unknown === null) continue; // left out, as in Python
      if (unknown >= 0 && this.#fuse) continue;
      if (unknown >= 0) symbols.push(unknown);
      unknown = this.#ids.get(this.#unknown) ?? missing(character);
    }
    if (unknown >= 0) symbols.push(unknown);
    return symbols;
  }

  /** Merges in place, by a heap of ranks and places: n log n, also for a word of a megabyte. */
  #merge(symbols: number[]): number[] {
    const count = symbols.length;
    if (count < 2) return symbols;
    const ids = Int32Array.from(symbols);
    const before = Int32Array.from(symbols, (_, i) => i - 1);
    const after = Int32Array.from(symbols, (_, i) => i + 1);
    const heap: number[] = []; // rank * count + place, the smallest on top
    const offer = (left: number, right: number) => {
      const rank = this.#ranks.get(pairKey(ids[left], ids[right]));
      if (rank !== undefined) push(heap, rank * count + left);
    };
    for (let i = 1; i < count; i++) offer(i - 1, i);
    while (heap.length > 0) {
      const top = pop(heap);
      const rank = Math.floor(top / count);
      const left = top % count;
      const right = after[left];
      if (ids[left] < 0 || right >= count) continue;
      const current = this.#ranks.get(pairKey(ids[left], ids[right]));
      const id = this.#merged[rank];
      if (current === undefined || this.#merged[current] !== id) continue; // the pair is gone
      ids[left] = id;
      ids[right] = -1;
      const next = (after[left] = after[right]);
      if (next < count) {
        before[next] = left;
        offer(left, next);
      }
      if (before[left] >= 0) offer(before[left], left);
    }
    return Array.from(ids.filter((id) => id >= 0));
  }
}

/** Ids lie below 2^24. */
function pairKey(left: number, right: number): number {
  return left * 0x1000000 + right;
}

function push(heap: number[], item: number): void {
  let i = heap.length;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (item >= heap[parent]) break;
    heap[i] = heap[parent];
    i = parent;
  }
  heap[i] = item;
}

function pop(heap: number[]): number {
  const top = heap[0];
  const item = heap.pop()!;
  if (heap.length === 0) return top;
  let i = 0;
  for (let child = 1; child < heap.length; child = 2 * i + 1) {
    if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= item) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = item;
  return top;
}
