// The smallest training that has all of a training's parts: what tests of its course share.
import {
  AdamW,
  IGNORE_INDEX,
  nextToken,
  type Batch,
  type Device,
  type Graph,
  type Tensor,
  type TrainerOptions,
} from '../../engine/index';
import { GPT } from '../../models/index';
import { Random } from '../harness/op';

export const VOCABULARY = 12;
export const [BATCH, LENGTH] = [2, 8];

export const tinyGPT = (layers = 1): GPT =>
  new GPT({ vocabulary: VOCABULARY, context: LENGTH, layers, heads: 2, width: 16 });

export type TinyOptions = TrainerOptions<Batch, GPT>;

export const tinyOptions = (device: Device, options: Partial<TinyOptions> = {}): TinyOptions => ({
  ...{ device, objective: nextToken({ batch: BATCH, length: LENGTH }), seed: 3 },
  model: options.model ?? tinyGPT(),
  optimizer: new AdamW(),
  schedule: { kind: 'constant', lr: 1e-2 },
  ...options,
});

/** The k-th batch, the same whenever it is asked for. */
export function at(k: number): Batch {
  const random = new Random(k + 1);
  const draw = () => Uint32Array.from({ length: BATCH * LENGTH }, () => random.below(VOCABULARY));
  return { ids: draw(), targets: draw() };
}

/** What a model loses on a batch, for `gradientsOf`. */
export const lossOf =
  (model: GPT) =>
  (g: Graph): Tensor => {
    const rows = (name: string): Tensor => g.input(name, [BATCH, LENGTH], 'u32');
    return model.loss(g, rows('ids'), rows('targets'));
  };

/** The same without a label that counts. */
export const unlabelled = (k: number): Batch => ({
  ...at(k),
  targets: new Uint32Array(BATCH * LENGTH).fill(IGNORE_INDEX),
});
