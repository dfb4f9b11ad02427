import { DataError, EngineError, expectOptions, expectSeed } from '../errors';
import type { Graph } from '../graph/graph';
import { IGNORE_INDEX } from '../graph/plan';
import type { Tensor } from '../graph/tensor';
import { RandomStream } from '../nn/init';
import type { ImageBatch, PixelImage } from './image_batches';
import type { Objective } from './objective';

/** An image and what is to be said of it. */
export interface CaptionedImage extends PixelImage {
  /** Ids of the caption, without begin and end: at most `length` - 1. */
  readonly caption: ArrayLike<number>;
}

/** What training on captions asks of a model; `VisionEncoderDecoder` is one. */
export interface CaptionModel {
  readonly config: object & { readonly vocabulary: number };
  /** pixels f32 (B, channels, H, W), target and labels (B, T) u32 -> mean loss over the labels, a scalar. */
  loss(g: Graph, pixels: Tensor, lengths: null, target: Tensor, labels: Tensor, options: object): Tensor;
}

/** The ids around a caption, and what is hidden of it. */
export interface CaptionOptions {
  /** The id that captions begin with. */
  readonly begin: number;
  /** The id that ends them. */
  readonly end: number;
  /** T: tokens of the longest caption, its end among them. */
  readonly length: number;
  /** Label smoothing while training (Szegedy et al. 2016); evaluation is without. Default 0. */
  readonly smoothing?: number;
  /**
   * Of the words that a word is told from, the share that an id takes the place of while training, so that more is read from the
   * image and less from the words before (word dropout, Bowman et al. 2016, 3.1). Default null: none.
   */
  readonly hidden?: { readonly id: number; readonly probability: number } | null;
  /** Of which words are hidden. Default 0. */
  readonly seed?: number;
}

/**
 * Captions of images: the cross-entropy of each token from the image and the tokens before (teacher forcing). `batches` may be an
 * `ImageBatches`, or whatever says the shape of endless batches of your own, and by `fingerprint` which they are.
 *
 * Throws `EngineError` for options that cannot be, `DataError` for captions that are too long, with their rows' numbers.
 */
export function caption(
  batches: {
    /** [B, channels, H, W]. */
    readonly shape: readonly [number, number, number, number];
    readonly fingerprint: string;
  },
  options: CaptionOptions,
): Objective<ImageBatch<CaptionedImage>, CaptionModel> {
  const { begin, end, length: T, smoothing = 0, hidden = null, seed = 0 } = options;
  expectOptions('caption', options, { begin, end, length: T, smoothing, hidden, seed });
  expectSeed('caption', seed);
  const share = (p: number): boolean => p >= 0 && p < 1;
  const isId = (id: number): boolean => Number.isInteger(id) && id >= 0;
  const checks: readonly (readonly [string, number, boolean, string])[] = [
    ['begin', begin, isId(begin), 'Give an id of the vocabulary.'],
    ['end', end, isId(end), 'Give an id of the vocabulary.'],
    ['length', T, Number.isInteger(T) && T >= 1, 'Use a whole number of at least 1.'],
    ['smoothing', smoothing, share(smoothing), 'Use a share of at least 0 and below 1.'],
    ['hidden.id', hidden?.id ?? 0, isId(hidden?.id ?? 0), 'Give an id of the vocabulary.'],
    ['hidden.probability', hidden?.probability ?? 0, share(hidden?.probability ?? 0), 'Use a share below 1.'],
  ];
  for (const [name, value, valid, todo] of checks)
    if (!valid) throw new EngineError('caption', `${name} is ${String(value)}`, todo);
  const { shape, fingerprint } = batches;
  const [B] = shape;
  const { id = 0, probability = 0 } = hidden ?? {};
  return {
    shapes: 1,
    identity: {
      ...{ kind: 'caption', images: fingerprint, begin, end, length: T, smoothing },
      ...(hidden && { hidden: id, probability, hiddenSeed: seed }),
    },
    record(g, _, model) {
      const below = model.config.vocabulary;
      const pixels = g.input('pixels', shape, 'f32');
      const target = g.input('ids', [B, T], 'u32', { below });
      const labels = g.input('targets', [B, T], 'u32', { below });
      const seen = hidden ? g.input('seen', [B, T], 'u32', { below }) : target;
      // Evaluations hide nothing, and have the inputs of training all the same.
      const told = g.train ? seen : target;
      return model.loss(g, pixels, null, told, labels, { smoothing: g.train ? smoothing : 0 });
    },
    feed({ step, rows, pixels }) {
      const [ids, targets] = [new Uint32Array(B * T), new Uint32Array(B * T).fill(IGNORE_INDEX)];
      let labels = 0;
      for (const [b, { caption: words }] of rows.entries()) {
        if (words.length >= T) {
          const what = `the caption of row ${b} has ${words.length} tokens and an end`;
          throw new DataError('caption', what, `Shorten it, or raise length, ${T}.`);
        }
        const whole = [begin, ...Array.from(words), end];
        ids.set(whole.slice(0, -1), b * T);
        targets.set(whole.slice(1), b * T);
        labels += whole.length - 1;
      }
      const random = new RandomStream(seed, `hidden words of step ${step}`);
      const isBegin = (i: number): boolean => i % T === 0;
      const seen = ids.map((word, i) => (isBegin(i) || random.uniform() >= probability ? word : id));
      return { shape: 0, inputs: { pixels, ids, targets, ...(hidden && { seen }) }, labels, tokens: labels };
    },
  };
}
