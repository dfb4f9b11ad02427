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

  encode(word: string, out: number[], spans?: number[]): void {
    if (this.#whole || this.#frozen.has(word)) {
      const id = this.#ids.get(word);
      if (id !== undefined) {
        spans?.push(0, word.length);
        return void out.push(id);
      }
    }
    if (spans) return this.#encodeWithSpans(word, out, spans);
    let ids = this.#cache.get(word);
    if (!ids) {
      ids = Array.from(this.#merge(this.#symbols(word)).filter((id) => id >= 0));
      if (word.length < CACHED_LENGTH && this.#cache.size < CACHED) this.#cache.set(word, ids);
    }
    for (const id of ids) out.push(id);
  }

  /** Without the cache, which holds ids alone. */
  #encodeWithSpans(word: string, out: number[], spans: number[]): void {
    const symbolSpans: number[] = [];
    const ids = this.#merge(this.#symbols(word, symbolSpans));
    ids.forEach((id, i) => {
      if (id < 0) return;
      let last = i;
      while (last + 1 < ids.length && ids[last + 1] < 0) last++;
      out.push(id);
      spans.push(symbolSpans[2 * i], symbolSpans[2 * last + 1]);
    });
  }

  /** A token for each character: known, its bytes, or unknown. `spans` gets where in the word each stands. */
  #symbols(word: string, spans?: number[]): number[] {
    const symbols: number[] = [];
    let unknown = -1; // held back, as more may be fused with it
    let [from, to] = [0, 0]; // where it stands
    const add = (id: number, start: number, end: number): void => {
      symbols.push(id);
      spans?.push(start, end);
    };
    let at = 0;
    for (const character of word) {
      const start = at;
      let token = at > 0 ? this.#prefix + character : character;
      at += character.length;
      if (at === word.length) token += this.#suffix;
      const id = this.#ids.get(token);
      if (id !== undefined) {
        if (unknown >= 0) add(unknown, from, to);
        unknown = -1;
        add(id, start, at);
        continue;
      }
      const before = symbols.length;
      if (pushBytes(token, this.#bytes, symbols)) {
        // Before an unknown one that is held back, as in Python.
        for (let i = before; i < symbols.length; i++) spans?.push(start, at);
        continue;
      }
      if (this.#unknown === null) continue; // left out, as in Python
      if (unknown >= 0 && this.#fuse) {
        to = at;
        continue;
      }
      if (unknown >= 0) add(unknown, from, to);
      unknown = this.#ids.get(this.#unknown) ?? missing(character);
      [from, to] = [start, at];
    }
    if (unknown >= 0) add(unknown, from, to);
    return symbols;
  }

  /**
   * Merges in place, by a heap of ranks and places: n log n, also for a word of a megabyte. A token stands where its first
   * symbol stood, -1 where the others did.
   */
  #merge(symbols: number[]): Int32Array {
    const count = symbols.length;
    const ids = Int32Array.from(symbols);
    if (count < 2) return ids;
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
    return ids;
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
