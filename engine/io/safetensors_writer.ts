import { DataError } from '../errors';
import { float32ToBfloat16, float32ToFloat16 } from './half';
import { bytesOfElement, DTYPE_BYTES, elementCount, type TensorInfo } from './safetensors_header';

const ORDER = Object.keys(DTYPE_BYTES);

/** A tensor to write into a safetensors file. */
export interface NamedTensor extends TensorInfo {
  readonly name: string;
  /** Elements of `dtype` in row-major order; for F16 and BF16 a Float32Array is rounded (to nearest even). */
  readonly data: ArrayBufferView;
}

/**
 * The parts of a safetensors file: header first, then each tensor. Tensors are ordered by dtype (wide ones first),
 * then by name, as the reference implementation does, so equal tensors give equal files in whatever order they come.
 */
export function safetensorsParts(
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer>[] {
  const sorted = [...tensors].sort(
    (a, b) =>
      ORDER.indexOf(b.dtype) - ORDER.indexOf(a.dtype) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const entries: [string, object][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', metadata]);
  const data: Uint8Array<ArrayBuffer>[] = [];
  const names = new Set<string>();
  let at = 0;
  for (const tensor of sorted) {
    const { name, dtype, shape } = tensor;
    const where = `saveSafetensors: ${name}`;
    if (name === '__metadata__') throw new DataError(where, 'the name is reserved', 'Rename the tensor.');
    if (names.has(name)) throw new DataError(where, 'two tensors have this name', 'Rename one.');
    names.add(name);
    const bytes = encode(tensor);
    const each = bytesOfElement(dtype);
    if (each === null)
      throw new DataError(where, `dtype ${dtype} is not known`, `Known are ${ORDER.join(', ')}.`);
    const need = elementCount(shape) * each;
    if (bytes.length !== need) {
      const what = `shape (${shape.join(', ')}) of ${dtype} needs ${need} bytes but the data has ${bytes.length}`;
      throw new DataError(where, what, 'Pass data of the same dtype and size.');
    }
    entries.push([name, { dtype, shape: [...shape], data_offsets: [at, at + need] }]);
    data.push(bytes);
    at += need;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8; // the data starts aligned for every dtype
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return [header, ...data];
}

/** A safetensors file in memory. Large checkpoints: `safetensorsBlob`, which makes no second copy. */
export function saveSafetensors(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const parts = safetensorsParts(tensors, metadata);
  const file = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** A safetensors file as a Blob, which streams: for downloads and the origin private file system. */
export function safetensorsBlob(
  tensors: Iterable<NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Blob {
  return new Blob(safetensorsParts(tensors, metadata), { type: 'application/octet-stream' });
}

function encode({ dtype, data }: NamedTensor): Uint8Array<ArrayBuffer> {
  let view = data;
  if (data instanceof Float32Array && dtype === 'F16') view = float32ToFloat16(data);
  if (data instanceof Float32Array && dtype === 'BF16') view = float32ToBfloat16(data);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}
