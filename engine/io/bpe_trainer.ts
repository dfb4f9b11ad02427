/**
 * Trains a byte-level BPE vocabulary (Sennrich et al. 2016; GPT-2's bytes and pre-tokenisation) with the result of
 * Hugging Face's trainer, merge by merge: the most frequent pair first, ties to the smaller pair of ids.
 *
 * Words are counted once; then each merge touches only the words that hold its pair. Pair counts are kept current,
 * the heap's copies are not: an entry whose count is stale is corrected and put back when it comes up.
 */
import { DataError } from '../errors';
import { BYTE_TO_CHARACTER, GPT2_WORDS } from './byte_level';
import { pacer } from './pacer';
import { type AddedToken, type TokenizerJson } from './tokenizer_json';

/** How far `trainByteLevelBPE` has come. */
export interface BPEProgress {
  readonly phase: 'count' | 'merge';
  /** Characters counted, or tokens in the vocabulary. */
  readonly done: number;
  /** Null while the length of the text is not known. */
  readonly total: number | null;
}

/** What `trainByteLevelBPE` learns, and how it tells of it. */
export interface BPEOptions {
  /** Tokens in all: special ones, the 256 bytes, and one per merge. Fewer come out when the text has too few pairs. */
  readonly vocabularySize: number;
  /** Pairs rarer than this are not merged (default 2). */
  readonly minFrequency?: number;
  /** Get the first ids, and are never split or merged when encoding. */
  readonly special?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BPEProgress) => void;
}

/**
 * Vocabulary of `text` as a Hugging Face tokenizer.json. Words never span two pieces of an iterable. Gives the thread
 * back every few milliseconds; aborting rejects with the signal's reason.
 */
export async function trainByteLevelBPE(
  text: string | Iterable<string> | AsyncIterable<string>,
  options: BPEOptions,
): Promise<TokenizerJson> {
  const { vocabularySize, minFrequency = 2, special = [], onProgress } = options;
  const least = 256 + new Set(special).size;
  if (!Number.isInteger(vocabularySize) || vocabularySize < least || vocabularySize > 1 << 20) {
    const what = `vocabularySize is ${vocabularySize}; it must lie between ${least} (all bytes and special tokens) and ${1 << 20}`;
    throw new DataError('trainByteLevelBPE', what, 'A few thousand suit texts of some megabytes.');
  }
  if (new Set(special).size < special.length || special.includes('')) {
    throw new DataError(
      'trainByteLevelBPE',
      'a special token is empty or given twice',
      'Give each one once.',
    );
  }
  const pace = pacer(options.signal);
  const counts = await countWords(typeof text === 'string' ? [text] : text, pace, onProgress);
  if (counts.size === 0) {
    throw new DataError(
      'trainByteLevelBPE',
      'the text is empty',
      'Pass a text to learn the vocabulary from.',
    );
  }

  const vocabulary = new Map<string, number>();
  for (const token of [...special, ...[...BYTE_TO_CHARACTER].sort()]) {
    if (!vocabulary.has(token)) vocabulary.set(token, vocabulary.size);
  }
  const merges = await learnMerges(counts, vocabulary, { vocabularySize, minFrequency, onProgress }, pace);
  return tokenizerJson(vocabulary, merges, special);
}

type Pace = ReturnType<typeof pacer>;

async function countWords(
  pieces: Iterable<string> | AsyncIterable<string>,
  pace: Pace,
  onProgress?: BPEOptions['onProgress'],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const total = Array.isArray(pieces)
    ? (pieces as string[]).reduce((sum, piece) => sum + piece.length, 0)
    : null;
  let done = 0;
  for await (const piece of pieces) {
    let words = 0;
    for (const match of piece.matchAll(GPT2_WORDS)) {
      const word = match[0];
      counts.set(word, (counts.get(word) ?? 0) + 1);
      if (++words % 1024 === 0) {
        await pace();
        onProgress?.({ phase: 'count', done: done + match.index, total });
      }
    }
    done += piece.length;
    onProgress?.({ phase: 'count', done, total });
    await pace();
  }
  return counts;
}

/** A pair that waits in the heap, with the words that held it when the pair arose. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  count: number;
  readonly words: number[];
}

async function learnMerges(
  wordCounts: ReadonlyMap<string, number>,
  vocabulary: Map<string, number>,
  options: Required<Pick<BPEOptions, 'vocabularySize' | 'minFrequency'>> & Pick<BPEOptions, 'onProgress'>,
  pace: Pace,
): Promise<[left: string, right: string][]> {
  const { symbols, starts, lengths, counts } = await wordsAsIds(wordCounts, vocabulary, pace);
  const { vocabularySize, minFrequency, onProgress } = options;
  const stride = vocabularySize; // pair (left, right) -> left * stride + right, below 2^40
  const tokens = [...vocabulary.keys()];
  const pairCounts = new Map<number, number>();
  let arisen = new Map<number, number[]>();
  const heap: Candidate[] = [];

  const change = (left: number, right: number, by: number, word: number) => {
    const pair = left * stride + right;
    pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + by);
    if (by <= 0) return;
    const words = arisen.get(pair);
    if (!words) arisen.set(pair, [word]);
    else if (words[words.length - 1] !== word) words.push(word); // words come one after the other: no duplicates
  };
  const offerArisen = () => {
    for (const [pair, words] of arisen) {
      const count = pairCounts.get(pair)!;
      if (count > 0) pushHeap(heap, { left: Math.floor(pair / stride), right: pair % stride, count, words });
    }
    arisen = new Map();
  };

  for (let word = 0; word < counts.length; word++) {
    const end = starts[word] + lengths[word];
    for (let i = starts[word] + 1; i < end; i++) change(symbols[i - 1], symbols[i], counts[word], word);
    if (word % 1024 === 0) await pace();
  }
  offerArisen();

  // By pair, the last occurrence wins: where two ways of cutting a word lead to one token, a pair can come up again.
  const merges = new Map<number, [string, string]>();
  while (vocabulary.size < vocabularySize && heap.length > 0) {
    const top = popHeap(heap);
    const pair = top.left * stride + top.right;
    const current = pairCounts.get(pair)!;
    if (top.count !== current) {
      top.count = current;
      pushHeap(heap, top);
      continue;
    }
    if (top.count < Math.max(1, minFrequency)) break;

    const token = tokens[top.left] + tokens[top.right];
    let id = vocabulary.get(token);
    if (id === undefined) {
      id = tokens.length;
      tokens.push(token);
      vocabulary.set(token, id);
    }
    merges.delete(pair);
    merges.set(pair, [tokens[top.left], tokens[top.right]]);

    for (const word of top.words) {
      const start = starts[word];
      const end = start + lengths[word];
      let write = start;
      for (let read = start; read < end; write++) {
        if (symbols[read] !== top.left || read + 1 >= end || symbols[read + 1] !== top.right) {
          symbols[write] = symbols[read++];
          continue;
        }
        if (write > start) {
          change(symbols[write - 1], top.left, -counts[word], word);
          change(symbols[write - 1], id, counts[word], word);
        }
        read += 2;
        if (read < end) {
          change(top.right, symbols[read], -counts[word], word);
          change(id, symbols[read], counts[word], word);
        }
        symbols[write] = id;
      }
      lengths[word] = write - start;
    }
    offerArisen();
    if (merges.size % 8 === 0) {
      onProgress?.({ phase: 'merge', done: vocabulary.size, total: vocabularySize });
      await pace();
    }
  }
  onProgress?.({ phase: 'merge', done: vocabulary.size, total: vocabularySize });
  return [...merges.values()];
}

/** Every distinct word as byte ids, one after the other in one array: word w is symbols[starts[w] … + lengths[w]]. */
async function wordsAsIds(
  wordCounts: ReadonlyMap<string, number>,
  vocabulary: ReadonlyMap<string, number>,
  pace: Pace,
): Promise<Record<'symbols' | 'starts' | 'lengths' | 'counts', Int32Array>> {
  const byteIds = BYTE_TO_CHARACTER.map((character) => vocabulary.get(character)!);
  let units = 0;
  for (const word of wordCounts.keys()) units += word.length;
  const symbols = new Int32Array(units * 3); // a UTF-16 unit is at most three bytes of UTF-8
  const starts = new Int32Array(wordCounts.size);
  const lengths = new Int32Array(wordCounts.size);
  const counts = new Int32Array(wordCounts.size);
  const utf8 = new TextEncoder();
  let index = 0;
  let at = 0;
  for (const [word, count] of wordCounts) {
    starts[index] = at;
    for (const byte of utf8.encode(word)) symbols[at++] = byteIds[byte];
    lengths[index] = at - starts[index];
    counts[index++] = count;
    if (index % 1024 === 0) await pace();
  }
  return { symbols, starts, lengths, counts };
}

/** Highest count first; among equals the smaller pair. */
function before(a: Candidate, b: Candidate): boolean {
  return a.count !== b.count ? a.count > b.count : a.left !== b.left ? a.left < b.left : a.right < b.right;
}

function pushHeap(heap: Candidate[], item: Candidate): void {
  let i = heap.length;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (!before(item, heap[parent])) break;
    heap[i] = heap[parent];
    i = parent;
  }
  heap[i] = item;
}

function popHeap(heap: Candidate[]): Candidate {
  const top = heap[0];
  const item = heap.pop()!;
  if (heap.length === 0) return top;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
    if (!before(heap[child], item)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = item;
  return top;
}

/**
 * Merges as "left right", which every version of the `tokenizers` of Transformers opens: pairs only those since 0.20. Pairs where a string
 * would be read as something else.
 */
function written(
  merges: readonly (readonly [string, string])[],
): readonly (string | readonly [string, string])[] {
  const isPlain = ([left, right]: readonly [string, string]): boolean =>
    !left.includes(' ') && !right.includes(' ') && !left.startsWith('#version');
  return merges.every(isPlain) ? merges.map((pair) => pair.join(' ')) : merges;
}

function tokenizerJson(
  vocabulary: ReadonlyMap<string, number>,
  merges: [string, string][],
  special: readonly string[],
): TokenizerJson {
  const added = (content: string): AddedToken => ({
    id: vocabulary.get(content)!,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(added),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: { ...byteLevel },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(vocabulary),
      merges: written(merges),
    },
  };
}
