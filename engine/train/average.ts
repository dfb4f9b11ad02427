import { DataError, expectOptions, ShapeError, throwIfAborted } from '../errors';
import { formatShape, sameShape } from '../graph/tensor';
import { isTrainingState, WEIGHTS_FORMAT } from './checkpoint';
import { openSafetensors, saveSafetensors } from '../io/safetensors';
import type { WeightSource } from '../nn/weight_source';

/**
 * The mean of the weights of several checkpoints of one run, as the Transformer paper takes of its last 5 to 20
 * (Vaswani et al. 2017, §6.1): a safetensors file of plain weights, without moments, with the last file's
 * description, for `checkpointInfo`.
 * Sums are in float64. Throws a DataError for no files, a ShapeError if they differ.
 */
export async function averageWeights(
  files: readonly (Uint8Array | ArrayBuffer | Blob)[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  expectOptions('averageWeights', options, { signal: 0 });
  const sources = await Promise.all(files.map((file) => openSafetensors(file)));
  return meanOfWeights(sources, sources.at(-1)?.metadata ?? {}, options);
}

/** The same of weights from anywhere, with the metadata of the file that describes them. */
export async function meanOfWeights(
  sources: readonly WeightSource[],
  metadata: Readonly<Record<string, string>>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const last = sources.at(-1);
  if (!last) throw new DataError('averageWeights', 'there are no checkpoints', 'Give at least one.');
  const tensors = [];
  const names = last.names().filter((name) => !isTrainingState(name));
  for (const source of sources) {
    const other = source.names().find((name) => !isTrainingState(name) && !names.includes(name));
    if (other === undefined) continue;
    throw new ShapeError(
      'averageWeights',
      `${other} is in one checkpoint, missing in another`,
      'Average checkpoints of one run.',
    );
  }
  for (const name of names) {
    throwIfAborted(signal);
    const { shape } = last.info(name);
    const sums = new Float64Array(shape.reduce((product, extent) => product * extent, 1));
    for (const source of sources) {
      const found = source.names().includes(name) ? source.info(name).shape : null;
      if (!found || !sameShape(found, shape)) {
        throw new ShapeError(
          'averageWeights',
          `${name} is ${formatShape(shape)} in one checkpoint, ${found ? formatShape(found) : 'missing'} in another`,
          'Average checkpoints of one run.',
        );
      }
      const weights = await source.float32(name);
      for (let i = 0; i < sums.length; i++) sums[i] += weights[i];
    }
    const data = Float32Array.from(sums, (sum) => sum / sources.length);
    tensors.push({ name, dtype: 'F32' as const, shape: [...shape], data });
  }
  return saveSafetensors(tensors, { ...metadata, format: WEIGHTS_FORMAT });
}
