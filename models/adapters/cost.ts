/** What an adapter costs, told before it learns. */
import { AdaLoRA } from '../../engine/adapters';
import {
  Graph,
  ledgerBytes,
  nextToken,
  parameters,
  type Adapter,
  type TrainableModel,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { storedBytes } from '../files/inspect_recording';
import type { Json } from '../pretrained_config';
import { adaptPeft } from './load_peft';
import { savePeft } from './save_peft';
import { learntBy, numbersOf } from './tuning';

/** Of an adapter beside a base, trained with AdamW. Memory is in bytes of GPU memory, as the device's ledger counts them. */
export interface AdapterCost {
  /** Numbers that learn. */
  readonly learns: number;
  /** Numbers of the base, which stay as they are. */
  readonly base: number;
  /** Bytes of the files that PEFT reads. */
  readonly files: number;
  readonly memory: {
    /** Of the base. */
    readonly weights: number;
    /** What learns, its gradients and its moments. */
    readonly adapter: number;
    /** What passes between the kernels of a step. */
    readonly activations: number;
    readonly total: number;
  };
  /**
   * Bytes of GPU memory that learning all weights would take, on the same batches. Null where they cannot: they
   * are rounded, or another adapter, out of use, keeps them frozen.
   */
  readonly full: number | null;
}

/**
 * What an adapter of these settings (adapter_config.json's) costs where it learns `batch` texts of `length` tokens at once. The step is
 * recorded as it would be trained, and not compiled; the model is afterwards as it was.
 *
 * @throws as `adaptPeft`: the model must be without other adapters in use.
 */
export async function adapterCost(
  loaded: Pretrained<TrainableModel>,
  settings: Json,
  size: { readonly batch: number; readonly length: number },
): Promise<AdapterCost> {
  const { model } = loaded;
  const { device } = loaded.store;
  const base = numbersOf(model);
  const whole = storedBytes(device, model);
  const learnsWhole =
    whole.trained > 0 && [...parameters(model).values()].every(({ dtype }) => dtype === 'f32');
  const full = learnsWhole ? whole.weights + 3 * whole.trained + activationsOf(loaded, size) : null;
  using adapter = await adaptPeft(loaded, settings);
  const saved = await savePeft(loaded, adapter);
  const own = storedBytes(device, adapter);
  const memory = {
    weights: whole.weights,
    adapter: own.weights + perNumber(adapter) * own.trained,
    activations: activationsOf(loaded, size),
  };
  return {
    ...{ learns: learntBy(adapter), base, full },
    files: [...saved.values()].reduce((sum, { size: bytes }) => sum + bytes, 0),
    memory: { ...memory, total: memory.weights + memory.adapter + memory.activations },
  };
}

/** Numbers that training has for each that learns: its gradient, two moments, and what AdaLoRA wants to know of it. */
const perNumber = ({ places }: Adapter): number =>
  places.some((place) => 'addition' in place && place.addition instanceof AdaLoRA) ? 5 : 3;

/** Bytes of what passes between the kernels of a step, of the model as it is now. */
function activationsOf(
  { model, store: { device } }: Pretrained<TrainableModel>,
  size: { readonly batch: number; readonly length: number },
): number {
  const g = new Graph(device, { train: true });
  const loss = nextToken(size).record(g, 0, model, null);
  g.backprop(loss, g.input('share', loss.shape, 'f32'));
  return ledgerBytes(g, { loss });
}
