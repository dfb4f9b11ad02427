import { DataError, expectOneOf, expectOptions, expectSeed } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import { Dropped, Epochs, fingerprint } from './epochs';
import { bucketsIn, lengthBuckets, type LengthBuckets, type TextShape } from './length_buckets';

/** A text in token ids as the model reads it, with what marks its begin and end. What else a row has are its labels. */
export interface IdText {
  readonly ids: ArrayLike<number>;
  /** Kind of each token's segment, such as 0 in a question and 1 in its text. Default 0 for all. */
  readonly segments?: ArrayLike<number>;
}

/** How `TextBatches` puts texts of unequal lengths together. */
export interface TextBatchOptions {
  /** The id that fills rows up. */
  readonly pad: number;
  /** Tokens of a batch, B·T, padding included. Default 2048. One longer text is a batch by itself. */
  readonly tokens?: number;
  /** The longest text, in tokens. Default: any. */
  readonly maxLength?: number;
  /** Texts over it are refused, left out (see `dropped`), or cut at their end. Default 'refuse'. */
  readonly long?: 'refuse' | 'drop' | 'cut';
  /** Each shape is a compiled plan: at most so many (default 8, up to 255) … */
  readonly maxShapes?: number;
  /** … and no more than it takes to bring the share of padding down to this (default 0.09). */
  readonly padding?: number;
  /** Use these shapes instead of making new ones: those of the training's batches, for evaluation. */
  readonly shapes?: readonly TextShape[];
  /** Default 0. */
  readonly seed?: number;
  /** New batches in new order in every epoch (default true). Without it, all epochs are the same: for evaluation. */
  readonly shuffle?: boolean;
}

/** Rows of one shape; padding stands at their ends. The last batch of a shape may have rows without a text, of length 1. */
export interface TextBatch<R extends IdText = IdText> {
  /** Into `shapes`. */
  readonly shape: number;
  /** Number of the batch over all epochs. */
  readonly step: number;
  /** The texts, at most B, as they were given. */
  readonly rows: readonly R[];
  /** (B, T). */
  readonly ids: Uint32Array<ArrayBuffer>;
  /** (B, T). */
  readonly segments: Uint32Array<ArrayBuffer>;
  /** (B): tokens of each row, from 1 to T. */
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/**
 * Batches of texts of similar lengths in a few shapes, as a function of the step: nothing keeps state, so a run resumes
 * where its step number says. Each epoch has every text once. What rows have besides their ids goes to the objective.
 *
 * Throws `DataError`, with the row's number, for texts that are empty, too long or not in tokens.
 */
export class TextBatches<R extends IdText = IdText> {
  readonly shapes: readonly TextShape[];
  /** The texts that are in it, as they were given, and where each stood. */
  readonly rows: readonly R[];
  readonly numbers: readonly number[];
  /** Batches of an epoch. */
  readonly perEpoch: number;
  /** Of an epoch: the texts' own tokens, and those of all batches. */
  readonly tokens: { readonly real: number; readonly padded: number };
  /** 1 - real / padded. */
  readonly paddingShare: number;
  /** Texts over `maxLength` that were left out. */
  readonly dropped: Readonly<Pick<Dropped, 'count' | 'first'>>;
  /** Whether a text has segments. */
  readonly segmented: boolean;
  /** Of rows and options: a saved run goes on with the same batches only where this is the same. */
  readonly fingerprint: string;
  readonly #pad: number;
  /** The longest text, in tokens. */
  readonly #longest: number;
  readonly #epochs: Epochs;

  constructor(rows: readonly R[], options: TextBatchOptions) {
    const { pad, tokens, maxLength, long, maxShapes, padding, shapes, seed, shuffle } = complete(options);
    const most = Math.min(maxLength, shapes ? Math.max(...shapes.map(({ T }) => T)) : Infinity);
    [this.#pad, this.#longest] = [pad, most];
    const dropped = new Dropped();
    const numbers: number[] = [];
    for (const [i, row] of rows.entries()) {
      checkRow(row, i);
      const { length } = row.ids;
      if (length > most && long === 'drop') dropped.add(i);
      else if (length > most && long === 'refuse') {
        const todo = "Split it, raise maxLength, or say long: 'cut' or long: 'drop'.";
        throw new DataError('TextBatches', `row ${i} has ${length} tokens of at most ${most}`, todo);
      } else numbers.push(i);
    }
    if (numbers.length === 0) {
      const what = `none of ${rows.length} texts is left`;
      throw new DataError('TextBatches', what, 'Use more texts, or a larger maxLength.');
    }
    this.dropped = dropped;
    this.numbers = numbers;
    this.rows = numbers.map((i) => rows[i]);
    this.segmented = this.rows.some(({ segments }) => segments);
    const lengths = Uint32Array.from(this.rows, ({ ids }) => Math.min(ids.length, most));
    const buckets: LengthBuckets = shapes
      ? bucketsIn(lengths, shapes)
      : lengthBuckets(lengths, { tokens, maxShapes, padding });
    this.shapes = buckets.shapes;
    const sizes = this.shapes.map(({ B }) => B);
    this.#epochs = new Epochs(buckets.bucket, sizes, seed, shuffle ? 'text batches' : null);
    this.perEpoch = this.#epochs.length;
    const real = lengths.reduce((sum, length) => sum + length, 0);
    const counts = this.shapes.map(() => 0);
    for (const k of buckets.bucket) counts[k]++;
    const padded = this.shapes.reduce((sum, { B, T }, k) => sum + Math.ceil(counts[k] / B) * B * T, 0);
    this.tokens = { real, padded };
    this.paddingShare = 1 - real / padded;
    const settings = { pad, tokens, maxLength, long, maxShapes, padding, seed, shuffle, shapes };
    const labels = this.rows.map((row) => ({ ...row, ids: 0, segments: 0 }));
    const listed = (_: string, value: unknown): unknown =>
      ArrayBuffer.isView(value) ? Array.from(value as Uint32Array) : value;
    this.fingerprint = fingerprint(
      [lengths, ...this.rows.flatMap(({ ids, segments = [] }) => [ids, segments])],
      JSON.stringify([settings, labels], listed),
    );
  }

  /** The batch of a step, counted from 0 over all epochs. Fresh arrays. */
  at(step: number): TextBatch<R> {
    if (!Number.isInteger(step) || step < 0) {
      throw new DataError('TextBatches', `step is ${step}`, 'Steps are whole numbers from 0.');
    }
    const { bucket, members } = this.#epochs.at(step);
    const { B, T } = this.shapes[bucket];
    const ids = new Uint32Array(B * T).fill(this.#pad);
    const segments = new Uint32Array(B * T);
    const lengths = new Uint32Array(B).fill(1);
    const rows = members.map((i) => this.rows[i]);
    for (const [b, row] of rows.entries()) {
      lengths[b] = Math.min(row.ids.length, this.#longest);
      for (let t = 0; t < lengths[b]; t++) {
        ids[b * T + t] = row.ids[t];
        segments[b * T + t] = row.segments?.[t] ?? 0;
      }
    }
    return { shape: bucket, step, rows, ids, segments, lengths };
  }
}

function checkRow(row: IdText, i: number): void {
  const { ids, segments } = row;
  const refuse = (what: string, todo: string): never => {
    throw new DataError('TextBatches', `row ${i} ${what}`, todo);
  };
  if (!(((ids as typeof ids | undefined)?.length ?? 0) >= 1))
    refuse('has no tokens', 'Leave empty texts out.');
  if (segments && segments.length !== ids.length)
    refuse(`has ${segments.length} segments of ${ids.length} tokens`, 'Give one for each token.');
  for (let t = 0; t < ids.length; t++) {
    const wrong = [ids[t], segments?.[t] ?? 0].find(
      (id) => !(Number.isInteger(id) && id >= 0 && id < IGNORE_INDEX),
    );
    if (wrong !== undefined)
      refuse(`holds ${wrong} at token ${t}`, 'Ids and segments are whole numbers from 0.');
  }
}

function complete(options: TextBatchOptions) {
  const {
    pad,
    tokens = 2048,
    maxLength = Infinity,
    long = 'refuse',
    maxShapes = 8,
    padding = 0.09,
  } = options;
  const { shapes, seed = 0, shuffle = true } = options;
  const all = { pad, tokens, maxLength, long, maxShapes, padding, shapes, seed, shuffle };
  expectOptions('TextBatches', options, all);
  expectOneOf('TextBatches', 'long', long, ['refuse', 'drop', 'cut']);
  expectOneOf('TextBatches', 'shuffle', shuffle, [true, false]);
  expectSeed('TextBatches', seed);
  const checks: readonly (readonly [string, unknown, boolean, string])[] = [
    ['pad', pad, Number.isInteger(pad) && pad >= 0 && pad < IGNORE_INDEX, 'Give an id.'],
    ['tokens', tokens, tokens >= 1 && tokens < Infinity, 'Use a number of at least 1.'],
    ['maxLength', maxLength, maxLength >= 1, 'Use a number of at least 1.'],
    ['maxShapes', maxShapes, maxShapes >= 1 && maxShapes <= 255, 'Use a number from 1 to 255.'],
    ['padding', padding, padding >= 0 && padding <= 1, 'Use a share from 0 to 1.'],
    ['shapes', shapes, !shapes || (shapes.length >= 1 && shapes.length <= 255), 'Give 1 to 255 of them.'],
  ];
  const wrong = checks.find(([, , fine]) => !fine);
  if (wrong) throw new DataError('TextBatches', `${wrong[0]} is ${String(wrong[1])}`, wrong[3]);
  return all;
}
