import { DataError, expectOneOf, expectOptions, expectSeed } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { Epochs, fingerprint } from './epochs';
import type { Objective } from './objective';

/** An image as a model reads it. What else a row has are its labels. */
export interface PixelImage {
  /**
   * f32 (channels, H, W), normalised, as an image processor makes it; or a function that gives it whenever a batch needs it,
   * always the same numbers, where all of them take too much memory.
   */
  readonly pixels: Float32Array | (() => Float32Array);
}

/** An image and its class, or with `multiLabel` all the classes that hold, by number from 0. */
export interface LabelledImage extends PixelImage {
  readonly label: number | readonly number[];
}

/** How `ImageBatches` puts images together. */
export interface ImageBatchOptions {
  /** [H, W] of all of them. */
  readonly size: readonly [number, number];
  /** Default 3. */
  readonly channels?: number;
  /** B: images of a batch. Default 32. */
  readonly batch?: number;
  /** Default 0. */
  readonly seed?: number;
  /** New batches in new order in every epoch (default true). Without it, all epochs are the same: for evaluation. */
  readonly shuffle?: boolean;
}

/** Images of a step. The last batch of an epoch may have fewer rows than B; the pixels behind them are 0. */
export interface ImageBatch<R extends PixelImage = PixelImage> {
  /** Number of the batch over all epochs. */
  readonly step: number;
  /** At most B, as they were given. */
  readonly rows: readonly R[];
  /** (B, channels, H, W). */
  readonly pixels: Float32Array<ArrayBuffer>;
}

/**
 * Batches of images of one size, as a function of the step: nothing keeps state, so a run resumes where its step number
 * says. Each epoch has every image once. What rows have besides their pixels goes to the objective.
 *
 * Throws `DataError` for options that cannot be, and for images of another size, with the row's number.
 */
export class ImageBatches<R extends PixelImage = PixelImage> {
  readonly rows: readonly R[];
  /** [B, channels, H, W]. */
  readonly shape: readonly [number, number, number, number];
  /** Batches of an epoch. */
  readonly perEpoch: number;
  /** Of labels and options, and of pixels that are at hand: a saved run goes on only where this is the same. */
  readonly fingerprint: string;
  readonly #epochs: Epochs;

  constructor(rows: readonly R[], options: ImageBatchOptions) {
    const { size, channels = 3, batch = 32, seed = 0, shuffle = true } = options;
    expectOptions('ImageBatches', options, { size, channels, batch, seed, shuffle });
    expectOneOf('ImageBatches', 'shuffle', shuffle, [true, false]);
    expectSeed('ImageBatches', seed);
    const list: unknown = size;
    const [height, width] = (Array.isArray(list) ? list : []) as [number, number];
    for (const [name, n] of Object.entries({ height, width, channels, batch })) {
      if (!Number.isInteger(n) || n < 1)
        throw new DataError('ImageBatches', `${name} is ${String(n)}`, 'Use a whole number of at least 1.');
    }
    if (rows.length === 0) throw new DataError('ImageBatches', 'there are no images', 'Give at least one.');
    this.rows = [...rows];
    this.shape = [batch, channels, height, width];
    const own: Float32Array[] = [];
    for (const [i, { pixels }] of rows.entries()) {
      if (typeof pixels === 'function') continue;
      this.#expect(pixels, i);
      own.push(pixels);
    }
    this.#epochs = new Epochs(new Uint8Array(rows.length), [batch], seed, shuffle ? 'image batches' : null);
    this.perEpoch = this.#epochs.length;
    const labels = this.rows.map((row) => ({ ...row, pixels: 0 }));
    const bits = own.map((p) => new Uint32Array(p.buffer, p.byteOffset, p.length));
    this.fingerprint = fingerprint(bits, JSON.stringify([this.shape, seed, shuffle, labels]));
  }

  /** The batch of a step, counted from 0 over all epochs. Fresh arrays. */
  at(step: number): ImageBatch<R> {
    if (!Number.isInteger(step) || step < 0)
      throw new DataError('ImageBatches', `step is ${step}`, 'Steps are whole numbers from 0.');
    const { members } = this.#epochs.at(step);
    const [batch, channels, height, width] = this.shape;
    const each = channels * height * width;
    const all = new Float32Array(batch * each);
    for (const [b, i] of members.entries()) {
      const { pixels } = this.rows[i];
      const own = typeof pixels === 'function' ? pixels() : pixels;
      this.#expect(own, i);
      all.set(own, b * each);
    }
    return { step, rows: members.map((i) => this.rows[i]), pixels: all };
  }

  #expect(pixels: unknown, row: number): void {
    const [, channels, height, width] = this.shape;
    const each = channels * height * width;
    if (pixels instanceof Float32Array && pixels.length === each) return;
    const what = pixels instanceof Float32Array ? `${pixels.length} numbers` : 'no Float32Array';
    const todo = `Give (${channels}, ${height}, ${width}), as an image processor makes them.`;
    throw new DataError('ImageBatches', `image ${row} is ${what}, not ${each} numbers`, todo);
  }
}

/** What training on images asks of a model: `VisionClassifier` is one. */
export interface ImageModel {
  readonly config: object;
  /** pixels f32 (B, channels, H, W) -> the scores that the objective reads. */
  forward(g: Graph, pixels: Tensor): Tensor;
}

/** An objective over batches of images, from what is its own: the loss of (B, K) scores, and the inputs that hold the labels. */
export function imageObjective<R extends PixelImage>(
  batches: ImageBatches<R>,
  kind: string,
  identity: Readonly<Record<string, number | string>>,
  own: {
    readonly record: (g: Graph, scores: Tensor, B: number) => Tensor;
    readonly feed: (
      rows: readonly R[],
      B: number,
    ) => { readonly inputs: Readonly<Record<string, ArrayBufferView>>; readonly labels: number };
  },
): Objective<ImageBatch<R>, ImageModel> {
  const { shape } = batches;
  const [B] = shape;
  return {
    shapes: 1,
    identity: { kind, images: batches.fingerprint, ...identity },
    record: (g, _, model) => own.record(g, model.forward(g, g.input('pixels', shape, 'f32')), B),
    feed: ({ rows, pixels }) => {
      const { inputs, labels } = own.feed(rows, B);
      return { shape: 0, inputs: { pixels, ...inputs }, labels, tokens: rows.length };
    },
  };
}
