/** Records what a model does when it runs and trains, to see what that takes. Nothing is allocated. */
import {
  EngineError,
  Graph,
  ledgerBytes,
  parameters,
  sizeClass,
  weightRanges,
  type Device,
  type LayerState,
  Tensor,
} from '../../engine/index';
import type { Decoder } from '../generation/decoder';

export interface RunSizes {
  readonly batch: number;
  readonly length: number;
  readonly dtype: 'f32' | 'f16';
}

/** Members of models that recording may use. */
interface Recordable extends Partial<Omit<Decoder, 'config'>> {
  readonly config: {
    /** Of what reads texts. */
    readonly vocabulary?: number;
    /** [H, W], of what reads images. */
    readonly image?: readonly [number, number];
    readonly channels?: number;
    readonly sourceVocabulary?: number;
    readonly context?: number;
    /** Bins of a spectrogram, and the rows that are made of two of its frames each, of what hears. */
    readonly mels?: number;
    readonly sourceContext?: number;
  };
  forward(g: Graph, ...inputs: unknown[]): Tensor;
  readonly loss?: (g: Graph, ...inputs: unknown[]) => Tensor;
  /** Of a head for whole texts. */
  readonly problem?: string;
}

/** The source of a model that has one: ids, or the spectrogram of a window. */
function sourceOf(g: Graph, { config }: Recordable, batch: number, length: number): Tensor {
  const { mels, sourceContext = length, vocabulary = 1, sourceVocabulary = vocabulary } = config;
  if (mels !== undefined) return g.input('source', [batch, mels, 2 * sourceContext], 'f32');
  return g.input('source', [batch, length], 'u32', { below: sourceVocabulary });
}

/** Bytes of the ledger that a module's parameters take, and those of one vector of as many f32 numbers that train. */
export function storedBytes(device: Device, module: object): { weights: number; trained: number } {
  const ranges = weightRanges(parameters(module), device.can.maxBinding);
  const bytes = (list: typeof ranges, each: (range: (typeof ranges)[0]) => number): number =>
    list.reduce((sum, range) => sum + sizeClass(range.elements * each(range)), 0);
  return {
    weights: bytes(ranges, ({ dtype }) => (dtype === 'f16' ? 2 : 4)), // packed ones are words
    trained: bytes(
      ranges.filter(({ members: [{ parameter }] }) => parameter.trainable),
      () => 4,
    ),
  };
}

/** What a model is given in a graph, labels left out: ids and lengths of texts, pixels of images, or both. */
function inputsOf(g: Graph, { config }: Recordable, { batch: B, length: T }: RunSizes): unknown[] {
  const { image, channels = 3, vocabulary } = config;
  const pixels = image ? [g.input('pixels', [B, channels, ...image], 'f32')] : [];
  if (vocabulary === undefined) return pixels;
  const ids = g.input('ids', [B, T], 'u32', { below: vocabulary });
  return [...pixels, ids, { lengths: g.input('lengths', [B], 'u32', { below: T + 1 }) }];
}

/**
 * What running takes beside weights. A decoder: caches, and the plans that read a prompt of `length` tokens and go on by
 * one. Other models: the plan of one batch. Throws `EngineError` where the device, or the model, cannot.
 */
export function recordRun(
  device: Device,
  given: object,
  { batch, length, dtype }: RunSizes,
): { caches: number; activations: number } {
  const model = given as Recordable;
  const { vocabulary = 1, sourceContext } = model.config;
  const plan = (record: (g: Graph) => Tensor | null): number => {
    const g = new Graph(device, { storage: dtype });
    const out = record(g);
    return ledgerBytes(g, out ? { out } : {});
  };
  const ids = (g: Graph, name: string, shape: number[], below: number): Tensor =>
    g.input(name, shape, 'u32', { below });
  const most = sourceContext ?? length;
  const lengths = (g: Graph): Tensor => g.input('lengths', [batch], 'u32', { below: most + 1 });
  const { caches, next, encode, remember } = model;
  if (!caches || !next) {
    const sizes = { batch, length, dtype };
    return { caches: 0, activations: plan((g) => model.forward(g, ...inputsOf(g, model, sizes))) };
  }
  const sizes = { target: length, dtype, ...(encode && { source: sourceContext ?? length }) };
  const state: readonly LayerState[] = caches.call(model, batch, sizes);
  const kept = storedBytes(device, { caches: state }).weights;
  const step = (time: number): number =>
    plan((g) => {
      const options = encode ? { sourceLengths: lengths(g) } : {};
      return next.call(model, g, ids(g, 'ids', [batch, time], vocabulary), state, options);
    });
  if (!encode || !remember) return { caches: kept, activations: step(length) + (length > 1 ? step(1) : 0) };
  const encoding = plan((g) => {
    const source = sourceOf(g, model, batch, length);
    const counts = sourceContext === undefined ? lengths(g) : null; // of a window everything is read
    remember.call(model, g, encode.call(model, g, source, counts), state);
    return null;
  });
  return { caches: kept, activations: encoding + step(1) };
}

/** What a training step takes beside weights, gradients and moments: forward and backward. Throws as `recordRun`. */
export function recordTraining(device: Device, given: object, sizes: RunSizes): number {
  const model = given as Recordable;
  const { batch: B, length: T, dtype } = sizes;
  const g = new Graph(device, { train: true, storage: dtype });
  const { vocabulary = 1, sourceContext } = model.config;
  const ids = (name: string, shape: number[]): Tensor => g.input(name, shape, 'u32', { below: vocabulary });
  const lengths = (): Tensor => g.input('lengths', [B], 'u32', { below: T + 1 });
  const loss = (...inputs: unknown[]): Tensor => model.loss!(g, ...inputs);
  if (!model.loss)
    throw new EngineError('inspect', 'the model has no loss', 'Train it with an objective of your own.');
  let out: Tensor;
  if (model.remember) {
    const source = sourceOf(g, model, B, T);
    out = loss(
      source,
      sourceContext === undefined ? lengths() : null,
      ids('ids', [B, T]),
      ids('targets', [B, T]),
      { smoothing: 0.1 },
    );
  } else if (model.next) {
    out = loss(ids('ids', [B, T]), ids('targets', [B, T]));
  } else {
    const [first, ...more] = inputsOf(g, model, sizes);
    // Of images and their texts, each is the other's label.
    const labels = more[0] instanceof Tensor ? [] : labelsOf(device, model, sizes);
    const inputs = labels.map(({ shape, float }, i) => g.input(`labels ${i}`, shape, float ? 'f32' : 'u32'));
    out = loss(first, ...inputs, ...more);
  }
  g.backprop(out, g.input('share', out.shape, 'f32'));
  return ledgerBytes(g, { loss: out });
}

/** What labels a head takes, by the scores that it gives: of each token, of each text, or where an answer begins and ends. */
function labelsOf(device: Device, model: Recordable, sizes: RunSizes): { shape: number[]; float: boolean }[] {
  const g = new Graph(device);
  const { batch: B, length: T } = sizes;
  const [first] = inputsOf(g, model, sizes);
  const { shape } = model.forward(g, first, {});
  const spans = model.loss!.length === 4; // g, ids, starts, ends
  if (spans) return [0, 1].map(() => ({ shape: [B], float: false }));
  if (shape.length === 3) return [{ shape: [B, T], float: false }];
  const single = model.problem === undefined || model.problem === 'single_label_classification';
  return [single ? { shape: [B], float: false } : { shape: [...shape], float: true }];
}
