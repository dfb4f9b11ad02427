/** Recommenders as files: weights, sizes, and what the items are called. */
import {
  DataError,
  EngineError,
  expectOptions,
  openSafetensors,
  ParameterStore,
  saveSafetensors,
  throwIfAborted,
  type Device,
  type FileSource,
} from '../../engine/index';
import { BERT4Rec } from './bert4rec';
import { SASRec } from './sasrec';

const FORMAT = 'heed.items.1';
const KINDS = { SASRec, BERT4Rec } as const;

/** A safetensors file, f32, that `openRecommender` reads. `items`: what item k + 1 is called, such as `Histories.items`. Throws `EngineError` where they are not as many as the model has. */
export async function saveRecommender(
  device: Device,
  model: SASRec | BERT4Rec,
  items: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const { context, layers, heads, width, dropout, items: count } = model.config;
  if (items.length !== count) {
    const what = `${items.length} names for ${count} items`;
    throw new EngineError(
      'saveRecommender',
      what,
      'Give the names that it was trained with, in their order.',
    );
  }
  const store = ParameterStore.of(device, model);
  if (!store) throw new EngineError('saveRecommender', 'the model has no weights', 'Train it, or load some.');
  const weights = await store.readAll('weights');
  const tensors = Array.from(weights, ([name, data]) => {
    return { name, dtype: 'F32', shape: store.parameters.get(name)!.shape, data } as const;
  });
  const kind = model instanceof SASRec ? 'SASRec' : 'BERT4Rec';
  const config = JSON.stringify({ items: count, context, layers, heads, width, dropout });
  return saveSafetensors(tensors, { format: FORMAT, kind, config, items: JSON.stringify(items) });
}

/** A recommender that a file had, with weights on the device until it is disposed of. */
export interface OpenedRecommender extends Disposable {
  readonly model: SASRec | BERT4Rec;
  /** What item k + 1 is called. */
  readonly items: readonly string[];
}

/** Opens what `saveRecommender` wrote, by address, Blob or memory. Throws `DataError` for anything else, and for a damaged one; the signal's reason. */
export async function openRecommender(
  device: Device,
  file: FileSource,
  options: { readonly signal?: AbortSignal } = {},
): Promise<OpenedRecommender> {
  const { signal } = options;
  expectOptions('openRecommender', options, { signal });
  const source = await openSafetensors(file, signal ? { signal } : {});
  throwIfAborted(signal);
  const { format, kind = '', config = '', items = '' } = source.metadata;
  if (format !== FORMAT || !Object.hasOwn(KINDS, kind)) {
    const what = `its format is ${format ?? 'not told'}${format === FORMAT ? ` of kind ${kind}` : ''}`;
    throw new DataError('openRecommender', what, `Give a file of ${FORMAT}, as saveRecommender writes it.`);
  }
  const { model, names } = described(kind as keyof typeof KINDS, config, items, source.names().length);
  const store = new ParameterStore(device, model, { init: 'none', owner: 'recommender' });
  try {
    await store.load(source, { where: 'recommender', ...(signal && { signal }) });
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
  return { model, items: names, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/** What a file says of itself. Every layer has tensors: their number bounds that of layers before anything is made of it. */
function described(kind: keyof typeof KINDS, config: string, items: string, tensors: number) {
  const damaged = (what: string, cause?: unknown): DataError =>
    new DataError('openRecommender', what, 'The file is damaged: use another copy.', { cause });
  let sizes: unknown;
  let names: unknown;
  try {
    sizes = JSON.parse(config) as unknown;
    names = JSON.parse(items) as unknown;
  } catch (cause) {
    throw damaged('its description is no JSON', cause);
  }
  if (typeof sizes !== 'object' || sizes === null) throw damaged('its config is no object');
  const { layers, items: count } = sizes as { readonly layers?: number; readonly items?: number };
  if (!(typeof layers === 'number' && layers <= tensors))
    throw damaged(`layers is ${String(layers)}, but it has ${tensors} tensors`);
  const isNames = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (!isNames) throw damaged('its items are no list of names');
  const list = names as readonly string[];
  if (list.length !== count) throw damaged(`it names ${list.length} items of ${String(count)}`);
  try {
    return { model: new KINDS[kind](sizes as { readonly items: number }), names: list };
  } catch (cause) {
    throw damaged('its sizes cannot be', cause);
  }
}
