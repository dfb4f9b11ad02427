/** What memory a model needs to run and to train: found by recording both and planning their memory. Nothing is allocated. */
import {
  EngineError,
  packedOrNot,
  parameters,
  storeAs,
  type Device,
  type WeightStorage,
} from '../../engine/index';
import { recordRun, recordTraining, storedBytes, type RunSizes } from './inspect_recording';

/** Bytes of GPU memory, as the device's ledger counts them. */
export interface Need {
  readonly weights: number;
  /** Of training. */
  readonly gradients: number;
  /** Of AdamW. */
  readonly moments: number;
  /** Keys and values of texts so far. */
  readonly caches: number;
  /** What passes between kernels, inputs and outputs. Null where it cannot be told: `refused` says why. */
  readonly activations: number | null;
  /** Null where activations are. */
  readonly total: number | null;
  /** Why this device, or the model, cannot do it; null where it can, as far as limits tell. */
  readonly refused: string | null;
}

/** To run with weights stored so; `device` may be an imagined one. */
export function runNeed(device: Device, model: object, sizes: RunSizes, storage: WeightStorage): Need {
  const stored = [...parameters(model).values()].filter(({ dtype }) => dtype === 'f32');
  for (const parameter of stored) storeAs(parameter, packedOrNot(parameter, storage));
  try {
    return needOf(device, model, ({ weights }) => {
      const { caches, activations } = recordRun(device, model, sizes);
      return { weights, gradients: 0, moments: 0, caches, activations };
    });
  } finally {
    for (const parameter of stored) storeAs(parameter, 'f32');
  }
}

/** To train all weights with AdamW. */
export function trainNeed(device: Device, model: object, sizes: RunSizes): Need {
  return needOf(device, model, ({ weights, trained }) => {
    const training = { weights, gradients: trained, moments: 2 * trained, caches: 0 };
    return { ...training, activations: recordTraining(device, model, sizes) };
  });
}

/** What is needed; of what the device or the model cannot do, what is known of it and the reason. */
function needOf(
  device: Device,
  model: object,
  record: (stored: ReturnType<typeof storedBytes>) => Omit<Need, 'total' | 'refused'>,
): Need {
  let stored: ReturnType<typeof storedBytes> | null = null;
  try {
    stored = storedBytes(device, model);
    const need = record(stored);
    const total = Object.values(need).reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
    return { ...need, total, refused: null };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const weights =
      stored?.weights ?? [...parameters(model).values()].reduce((sum, p) => sum + 4 * p.size, 0);
    const nothing = { gradients: 0, moments: 0, caches: 0, activations: null, total: null };
    return { weights, ...nothing, refused: error.message };
  }
}
