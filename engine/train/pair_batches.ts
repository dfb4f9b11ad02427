import { DataError, expectOptions, expectSeed } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import { Dropped, Epochs, fingerprint } from './epochs';
import { bucketsOf, fits, pairBuckets, type PairBuckets, type PairShape } from './pair_shapes';

/** A pair in token ids, without begin, end or padding. */
export interface IdPair {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** How `PairBatches` puts pairs of like lengths together. */
export interface PairBatchOptions {
  /** The id that the decoder begins with. */
  readonly begin: number;
  /** The id that ends a target, and a source. */
  readonly end: number;
  /** Fills up `source` and `ids`; a real id, for no loss or attention reads it. Default: `end`. */
  readonly pad?: number;
  /** Whether sources get the end id too, as in Marian and fairseq (default true). */
  readonly sourceEnd?: boolean;
  /** Tokens of a batch, B·(S + T), padding included (default 2048). One longer pair is a batch by itself. */
  readonly tokens?: number;
  /** Tokens that a source or a target may have, begin or end included; longer pairs are left out. Default: any. */
  readonly maxLength?: number;
  /** Each shape is a compiled plan: at most so many (default 16) … */
  readonly maxShapes?: number;
  /** … and no more than it takes to bring the share of padding down to this (default 0.09). */
  readonly padding?: number;
  /** Use these shapes instead of making new ones: those of the training's batches, for evaluation. */
  readonly shapes?: readonly PairShape[];
  /** Default 0. */
  readonly seed?: number;
  /** New batches in new order in every epoch (default true). Without it, all epochs are the same: for evaluation. */
  readonly shuffle?: boolean;
}

/** Rows of one shape. Padding stands at the ends. A row without a pair has length 1 and no targets. */
export interface PairBatch {
  /** Into `shapes`. */
  readonly shape: number;
  /** (B): which pair each row holds, IGNORE_INDEX for none. */
  readonly pairs: Uint32Array<ArrayBuffer>;
  /** (B, S): the encoder's input. */
  readonly source: Uint32Array<ArrayBuffer>;
  /** (B): from 1 to S. */
  readonly sourceLengths: Uint32Array<ArrayBuffer>;
  /** (B, T): the decoder's input, begin and the target. */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** (B, T): what it should predict, the target and end; IGNORE_INDEX for padding. */
  readonly targets: Uint32Array<ArrayBuffer>;
  /** (B): of `ids` and `targets`, from 1 to T. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** Pairs left out, and where the first stands. */
export type DroppedPairs = Readonly<Pick<Dropped, 'count' | 'first'>>;

/**
 * Batches of pairs of similar lengths (Vaswani et al. 2017, §5.1) in a few shapes, as a function of the step: nothing
 * keeps state, so a run resumes where its step number says. Each epoch has every pair once.
 *
 * Throws a DataError when no pair is left, or for options that allow none.
 */
export class PairBatches {
  readonly shapes: readonly PairShape[];
  /** Batches of an epoch. */
  readonly perEpoch: number;
  /** Tokens of an epoch: of sources and targets with their begin or end, and with padding. */
  readonly tokens: { readonly source: number; readonly target: number; readonly padded: number };
  /** 1 - (source + target) / padded. */
  readonly paddingShare: number;
  readonly tooLong: DroppedPairs;
  /** Source or target without a token. */
  readonly empty: DroppedPairs;
  /** Of ids and options: a saved run goes on with the same batches only where this is the same. */
  readonly fingerprint: string;

  readonly #options: CompleteOptions;
  readonly #packed: Packed;
  readonly #buckets: PairBuckets;
  readonly #epochs: Epochs;

  constructor(pairs: readonly IdPair[], options: PairBatchOptions) {
    this.#options = complete(options);
    const { end, sourceEnd, tokens, maxLength, maxShapes, padding, shapes } = this.#options;
    const [tooLong, empty] = [new Dropped(), new Dropped()];
    const kept: number[] = [];
    for (const [i, { source, target }] of pairs.entries()) {
      if (source.length === 0 || target.length === 0) empty.add(i);
      else {
        const [S, T] = [source.length + Number(sourceEnd), target.length + 1];
        if (Math.max(S, T) > maxLength || (shapes && !fits(shapes, S, T))) tooLong.add(i);
        else kept.push(i);
      }
    }
    [this.tooLong, this.empty] = [tooLong, empty];
    if (kept.length === 0) {
      const most = shapes ? 'every shape' : `${maxLength} tokens`;
      const what = `of ${pairs.length} pairs, ${empty.count} are empty and ${tooLong.count} exceed ${most}`;
      throw new DataError('PairBatches', what, 'Use more pairs, or a larger maxLength.');
    }
    this.#packed = pack(pairs, kept, sourceEnd ? end : null);
    const { sourceLengths, targetLengths } = this.#packed;
    this.#buckets = shapes
      ? bucketsOf(sourceLengths, targetLengths, shapes)
      : pairBuckets(sourceLengths, targetLengths, { tokens, maxShapes, padding });
    this.shapes = this.#buckets.shapes;
    const sizes = this.shapes.map(({ B }) => B);
    const { seed, shuffle } = this.#options;
    this.#epochs = new Epochs(this.#buckets.bucket, sizes, seed, shuffle ? 'pair batches' : null);
    this.perEpoch = this.#epochs.length;
    const source = sourceLengths.reduce((sum, length) => sum + length, 0);
    const target = targetLengths.reduce((sum, length) => sum + length, 0);
    const padded = this.#buckets.paddedTokens;
    this.tokens = { source, target, padded };
    this.paddingShare = 1 - (source + target) / padded;
    const { flat } = this.#packed;
    this.fingerprint = fingerprint([sourceLengths, targetLengths, flat], JSON.stringify(this.#options));
  }

  /** The batch of a step, counted from 0 over all epochs. Fresh arrays. */
  at(step: number): PairBatch {
    if (!Number.isInteger(step) || step < 0) {
      throw new DataError('PairBatches', `step is ${step}`, 'Steps are whole numbers from 0.');
    }
    const { bucket, members } = this.#epochs.at(step);
    const { begin, end, pad } = this.#options;
    const { B, S, T } = this.shapes[bucket];
    const batch: PairBatch = {
      shape: bucket,
      pairs: new Uint32Array(B).fill(IGNORE_INDEX),
      source: new Uint32Array(B * S).fill(pad),
      sourceLengths: new Uint32Array(B).fill(1),
      ids: new Uint32Array(B * T).fill(pad),
      targets: new Uint32Array(B * T).fill(IGNORE_INDEX),
      lengths: new Uint32Array(B).fill(1),
    };
    const { index, flat, offsets, sourceLengths, targetLengths } = this.#packed;
    for (let b = 0; b < members.length; b++) {
      const i = members[b];
      const middle = offsets[i] + sourceLengths[i];
      const target = flat.subarray(middle, middle + targetLengths[i] - 1);
      batch.pairs[b] = index[i];
      batch.source.set(flat.subarray(offsets[i], middle), b * S);
      batch.sourceLengths[b] = sourceLengths[i];
      batch.ids[b * T] = begin;
      batch.ids.set(target, b * T + 1);
      batch.targets.set(target, b * T);
      batch.targets[b * T + target.length] = end;
      batch.lengths[b] = targetLengths[i];
    }
    for (let b = members.length; b < B; b++) [batch.source[b * S], batch.ids[b * T]] = [end, begin];
    return batch;
  }
}

/** All ids in one array: pair i's source (with end) from offsets[i], then its target. */
interface Packed {
  /** Of the pairs as they were given. */
  readonly index: readonly number[];
  readonly flat: Uint32Array;
  readonly offsets: Uint32Array;
  /** With end, where sources have one. */
  readonly sourceLengths: Uint32Array;
  /** With begin or end. */
  readonly targetLengths: Uint32Array;
}

function pack(pairs: readonly IdPair[], index: readonly number[], sourceEnd: number | null): Packed {
  const extra = sourceEnd === null ? 0 : 1;
  const sourceLengths = Uint32Array.from(index, (i) => pairs[i].source.length + extra);
  const targetLengths = Uint32Array.from(index, (i) => pairs[i].target.length + 1);
  const offsets = new Uint32Array(index.length + 1);
  for (let i = 0; i < index.length; i++)
    offsets[i + 1] = offsets[i] + sourceLengths[i] + targetLengths[i] - 1;
  const flat = new Uint32Array(offsets[index.length]);
  for (const [i, original] of index.entries()) {
    flat.set(pairs[original].source, offsets[i]);
    if (sourceEnd !== null) flat[offsets[i] + sourceLengths[i] - 1] = sourceEnd;
    flat.set(pairs[original].target, offsets[i] + sourceLengths[i]);
  }
  return { index, flat, offsets, sourceLengths, targetLengths };
}

type CompleteOptions = Required<Omit<PairBatchOptions, 'shapes'>> & Pick<PairBatchOptions, 'shapes'>;

function complete(options: PairBatchOptions): CompleteOptions {
  const { pad = options.end, sourceEnd = true, tokens = 2048, maxLength = Infinity } = options;
  const { maxShapes = 16, padding = 0.09, seed = 0, shuffle = true } = options;
  const refuse = (what: string): never => {
    throw new DataError('PairBatches', what, 'Use at least 2 tokens, a finite number, and 1 to 255 shapes.');
  };
  if (!(tokens >= 2 && tokens < Infinity)) refuse(`tokens is ${tokens}`);
  if (!(maxShapes >= 1 && maxShapes <= 255)) refuse(`maxShapes is ${maxShapes}`);
  // In one order, whatever the caller's: the fingerprint is made of them.
  const { begin, end, shapes } = options;
  const all = { begin, end, pad, sourceEnd, tokens, maxLength, maxShapes, padding, seed, shuffle, shapes };
  expectOptions('PairBatches', options, all);
  expectSeed('PairBatches', seed);
  return all;
}
