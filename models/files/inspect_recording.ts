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
  type Tensor,
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
    readonly vocabulary: number;
    readonly sourceVocabulary?: number;
    readonly context?: number;
  };
  forward(g: Graph, ids: Tensor, input?: object): Tensor;
  readonly loss?: (g: Graph, ...inputs: unknown[]) => Tensor;
  /** Of a head for whole texts. */
  readonly problem?: string;
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
  const { vocabulary, sourceVocabulary = vocabulary } = model.config;
  const plan = (record: (g: Graph) => Tensor | null): number => {
    const g = new Graph(device, { storage: dtype });
    const out = record(g);
    return ledgerBytes(g, out ? { out } : {});
  };
  const ids = (g: Graph, name: string, shape: number[], below: number): Tensor =>
    g.input(name, shape, 'u32', { below });
  const lengths = (g: Graph): Tensor => g.input('lengths', [batch], 'u32', { below: length + 1 });
  const { caches, next, encode, remember } = model;
  if (!caches || !next) {
    const input = (g: Graph): object => ({ lengths: lengths(g) });
    const record = (g: Graph): Tensor =>
      model.forward(g, ids(g, 'ids', [batch, length], vocabulary), input(g));
    return { caches: 0, activations: plan(record) };
  }
  const sizes = { target: length, dtype, ...(encode && { source: length }) };
  const state: readonly LayerState[] = caches.call(model, batch, sizes);
  const kept = storedBytes(device, { caches: state }).weights;
  const step = (time: number): number =>
    plan((g) => {
      const options = encode ? { sourceLengths: lengths(g) } : {};
      return next.call(model, g, ids(g, 'ids', [batch, time], vocabulary), state, options);
    });
  if (!encode || !remember) return { caches: kept, activations: step(length) + (length > 1 ? step(1) : 0) };
  const encoding = plan((g) => {
    const source = ids(g, 'source', [batch, length], sourceVocabulary);
    remember.call(model, g, encode.call(model, g, source, lengths(g)), state);
    return null;
  });
  return { caches: kept, activations: encoding + step(1) };
}

/** What a training step takes beside weights, gradients and moments: forward and backward. Throws as `recordRun`. */
export function recordTraining(device: Device, given: object, sizes: RunSizes): number {
  const model = given as Recordable;
  const { batch: B, length: T, dtype } = sizes;
  const g = new Graph(device, { train: true, storage: dtype });
  const { vocabulary, sourceVocabulary = vocabulary } = model.config;
  const ids = (name: string, shape: number[], below = vocabulary): Tensor =>
    g.input(name, shape, 'u32', { below });
  const lengths = (): Tensor => g.input('lengths', [B], 'u32', { below: T + 1 });
  const loss = (...inputs: unknown[]): Tensor => model.loss!(g, ...inputs);
  if (!model.loss)
    throw new EngineError('inspect', 'the model has no loss', 'Train it with an objective of your own.');
  let out: Tensor;
  if (model.remember) {
    const source = ids('source', [B, T], sourceVocabulary);
    out = loss(source, lengths(), ids('ids', [B, T]), ids('targets', [B, T]), { smoothing: 0.1 });
  } else if (model.next) {
    out = loss(ids('ids', [B, T]), ids('targets', [B, T]));
  } else {
    const labels = labelsOf(device, model, sizes);
    const inputs = labels.map(({ shape, float }, i) => g.input(`labels ${i}`, shape, float ? 'f32' : 'u32'));
    out = loss(ids('ids', [B, T]), ...inputs, { lengths: lengths() });
  }
  g.backprop(out, g.input('share', out.shape, 'f32'));
  return ledgerBytes(g, { loss: out });
}

/** What labels a head takes, by the scores that it gives: of each token, of each text, or where an answer begins and ends. */
function labelsOf(
  device: Device,
  model: Recordable,
  { batch: B, length: T }: RunSizes,
): { shape: number[]; float: boolean }[] {
  const g = new Graph(device);
  const { shape } = model.forward(g, g.input('ids', [B, T], 'u32'), {});
  const spans = model.loss!.length === 4; // g, ids, starts, ends
  if (spans) return [0, 1].map(() => ({ shape: [B], float: false }));
  if (shape.length === 3) return [{ shape: [B, T], float: false }];
  const single = model.problem === undefined || model.problem === 'single_label_classification';
  return [single ? { shape: [B], float: false } : { shape: [...shape], float: true }];
}
