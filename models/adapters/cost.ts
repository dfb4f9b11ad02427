/** What an adapter costs, told before it learns. */
import { Graph, ledgerBytes, nextToken, type TrainableModel } from '../../engine/index';
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
  const { weights } = storedBytes(device, model);
  using adapter = await adaptPeft(loaded, settings);
  const saved = await savePeft(loaded, adapter);
  const own = storedBytes(device, adapter);
  const g = new Graph(device, { train: true });
  const loss = nextToken(size).record(g, 0, model, null);
  g.backprop(loss, g.input('share', loss.shape, 'f32'));
  const memory = {
    weights,
    adapter: own.weights + 3 * own.trained, // gradients and two moments
    activations: ledgerBytes(g, { loss }),
  };
  return {
    ...{ learns: learntBy(adapter), base },
    files: [...saved.values()].reduce((sum, { size: bytes }) => sum + bytes, 0),
    memory: { ...memory, total: memory.weights + memory.adapter + memory.activations },
  };
}
