/** Files of adapters: their parameters under their own names, and in the metadata what they are and what they are for. */
import { DataError } from '../errors';
import { openSafetensors, saveSafetensors, type NamedTensor } from '../io/safetensors';
import type { Adapter } from '../nn/adapters/adapter';

const FORMAT = 'heed.adapter.1';

/** An adapter as a safetensors file, a few hundred kilobytes. The model's weights are not in it, merged or not. */
export async function saveAdapter(adapter: Adapter): Promise<Uint8Array<ArrayBuffer>> {
  const { store, config } = adapter;
  const all = await store.readAll('weights');
  const tensors = [...all].map(([name, data]): NamedTensor => {
    return { name, dtype: 'F32', shape: store.parameters.get(name)!.shape, data };
  });
  return saveSafetensors(tensors, {
    format: FORMAT,
    adapter: JSON.stringify(config.adapter),
    base: config.base,
  });
}

/**
 * Fills an adapter, which `adapt` made with the same layers and options, from a file of `saveAdapter`.
 *
 * @throws DataError for another file, another kind of adapter, or one for other weights; nothing changes then.
 */
export async function loadAdapter(
  adapter: Adapter,
  file: Uint8Array | ArrayBuffer | Blob,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const source = await openSafetensors(file);
  const { format, adapter: kinds, base } = source.metadata;
  const { config, store } = adapter;
  if (format !== FORMAT) {
    const what = `this safetensors file is no adapter of Heed (format ${format ?? 'none'}, want ${FORMAT})`;
    throw new DataError('adapter', what, 'Give a file of saveAdapter.');
  }
  const own = JSON.stringify(config.adapter);
  if (kinds !== own) {
    throw new DataError(
      'adapter',
      `the file is of ${kinds ?? 'nothing'}, but this one is ${own}`,
      'Adapt the model alike.',
    );
  }
  if (base !== config.base) {
    const what = `it is for weights with the fingerprint ${base ?? 'none'}, but this model's is ${config.base}`;
    throw new DataError('adapter', what, 'Load the model that it was trained beside.');
  }
  await store.load(source, { where: 'adapter', ...options });
}
