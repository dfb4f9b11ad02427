/** Model folders in memory. */
import { saveSafetensors } from '../../engine/index';
import type { FixtureTensor } from '../fixtures/load';

export function folderOf(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer> | object>>,
): (name: string) => Promise<Blob | null> {
  return (name) => {
    const file = files[name];
    if (file === undefined) return Promise.resolve(null);
    return Promise.resolve(new Blob([file instanceof Uint8Array ? file : JSON.stringify(file)]));
  };
}

export function checkpointOf(tensors: ReadonlyMap<string, FixtureTensor>): Uint8Array<ArrayBuffer> {
  return saveSafetensors(
    [...tensors].map(([name, { shape, data }]) => ({ name, shape, data, dtype: 'F32' as const })),
    { format: 'pt' },
  );
}

export async function contents(files: ReadonlyMap<string, Blob>): Promise<Record<string, object>> {
  const entries = await Promise.all(
    [...files].map(async ([name, blob]) => [
      name,
      name.endsWith('.json')
        ? (JSON.parse(await blob.text()) as object)
        : new Uint8Array(await blob.arrayBuffer()),
    ]),
  );
  return Object.fromEntries(entries) as Record<string, object>;
}
