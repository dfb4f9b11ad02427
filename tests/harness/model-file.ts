import { parameters, saveSafetensors, type CheckpointExtras, type NamedTensor } from '../../engine/index';
import { AdamW } from '../../engine/train/optimizer';

/** The tensors of a model, all zeros: a file of it by hand. */
export function tensorsOf(model: object): NamedTensor[] {
  return [...parameters(model)].map(([name, { shape, size }]) => ({
    ...{ name, dtype: 'F32' as const, shape },
    data: new Float32Array(size),
  }));
}

/** Such a file, with a description as a checkpoint has it. */
export function modelFile(
  model: { readonly config: object },
  extras: CheckpointExtras,
  { format = 'heed.weights.2', step = 0 } = {},
): Uint8Array<ArrayBuffer> {
  const run = {
    ...{ step, seed: 0, accumulate: 1, objective: {}, config: model.config, progress: null },
    ...{ schedule: { kind: 'constant', lr: 1 }, optimizer: { ...new AdamW().options } },
  };
  return saveSafetensors(tensorsOf(model), {
    format,
    run: JSON.stringify(run),
    extras: JSON.stringify(extras),
  });
}
