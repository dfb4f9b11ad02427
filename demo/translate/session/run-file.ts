import { checkpointInfo, openSafetensors, saveSafetensors, type NamedTensor } from '../../../engine/index';

/** The same checkpoint with one more string riding along. */
export async function withExtra(
  bytes: Uint8Array<ArrayBuffer>,
  key: string,
  value: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const [file, { extras }] = [await openSafetensors(bytes), await checkpointInfo(bytes)];
  const tensors: NamedTensor[] = [];
  for (const name of file.names()) {
    tensors.push({ name, ...file.info(name), data: await file.bytes(name) });
  }
  return saveSafetensors(tensors, { ...file.metadata, extras: JSON.stringify({ ...extras, [key]: value }) });
}
