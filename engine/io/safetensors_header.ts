import { DataError, formatBytes } from '../errors';

/** Bytes of an element of every dtype that the format has, in the reference implementation's order. */
export const DTYPE_BYTES = {
  BOOL: 1,
  F4: 1 / 2,
  F6_E2M3: 3 / 4,
  F6_E3M2: 3 / 4,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2FNUZ: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  C64: 8,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** Types of elements that the safetensors format has. */
export type SafetensorsDType = keyof typeof DTYPE_BYTES;

export type FloatDType = 'F16' | 'BF16' | 'F32' | 'F64';

/** Whether weights come in it. */
export function isFloat(dtype: SafetensorsDType): dtype is FloatDType {
  return dtype === 'F16' || dtype === 'BF16' || dtype === 'F32' || dtype === 'F64';
}

/** Shape and type of a tensor in a file. */
export interface TensorInfo {
  readonly shape: readonly number[];
  /** As the file says it, which may be a name that a later version of the format has added. */
  readonly dtype: SafetensorsDType;
}

/** Where a tensor lies: [begin, end) counted from the end of the header. */
export interface TensorEntry extends TensorInfo {
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format's own limit; a larger number is a file of another kind. */
export const MAX_HEADER_BYTES = 100_000_000;

const DAMAGED = 'The file is damaged or was written wrongly: download or save it again.';

/** Length of the JSON header from the file's first bytes; throws a DataError that names foreign files. */
export function headerLength(name: string, start: Uint8Array, size: number | null): number {
  if (start.length === 0) throw new DataError(name, 'the file is empty', 'Choose a .safetensors file.');
  const length =
    start.length < 8 ? Infinity : Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  // A real header wins over any resemblance: a header of 640 bytes starts like a pickle.
  if (length > MAX_HEADER_BYTES || (start.length > 8 && start[8] !== 0x7b)) {
    const foreign = foreignFormat(start);
    if (foreign) throw new DataError(name, `this is ${foreign[0]}, not a safetensors file`, foreign[1]);
    let what = 'no JSON header starts at byte 8';
    if (length > MAX_HEADER_BYTES) {
      what = `its first 8 bytes announce a header of ${length} bytes, more than the format's 100 MB`;
    }
    if (start.length < 8) what = `the file has ${start.length} bytes; the shortest safetensors file has 10`;
    throw new DataError(name, what, 'This is not a safetensors file: choose a .safetensors file.');
  }
  if (size !== null && 8 + length > size) {
    const what = `the file is cut short: its header needs ${length} bytes, ${8 + length - size} are missing`;
    throw new DataError(name, what, 'Download it again.');
  }
  return length;
}

/** Parses and checks the header; `dataBytes` is what follows it, null when unknown. */
export function parseHeader(name: string, json: Uint8Array, dataBytes: number | null): Header {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    const what = `its header is not JSON (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new DataError(name, what, DAMAGED, { cause });
  }
  if (!isRecord(parsed)) throw new DataError(name, 'its header is not a JSON object', DAMAGED);

  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (key === '__metadata__') metadata = parseMetadata(name, value);
    else tensors.set(key, parseEntry(name, key, value));
  }
  checkLayout(name, tensors, dataBytes);
  return { tensors, metadata };
}

/** Bytes of the whole file, as its header tells; null while `start` does not hold all of the header. */
export function safetensorsBytes(name: string, start: Uint8Array): number | null {
  if (start.length < 1024) return null; // enough to tell a foreign file by
  const dataStart = 8 + headerLength(name, start, null);
  if (start.length < dataStart) return null;
  const { tensors } = parseHeader(name, start.subarray(8, dataStart), null);
  return dataStart + [...tensors.values()].reduce((most, { end }) => Math.max(most, end), 0);
}

function parseMetadata(name: string, value: unknown): Record<string, string> {
  if (isRecord(value)) {
    const entries = Object.entries(value);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
      return Object.fromEntries(entries);
    }
  }
  throw new DataError(name, '__metadata__ is not an object of strings', DAMAGED);
}

function parseEntry(name: string, key: string, value: unknown): TensorEntry {
  const where = `${name}: ${key}`;
  if (!isRecord(value)) throw new DataError(where, 'its header entry is not an object', DAMAGED);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string') {
    throw new DataError(where, `dtype ${JSON.stringify(dtype)} is not a name`, DAMAGED);
  }
  if (!isCounts(shape)) {
    throw new DataError(where, `shape ${JSON.stringify(shape)} is not a list of sizes`, DAMAGED);
  }
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    const what = `data_offsets ${JSON.stringify(offsets)} is not [begin, end]`;
    throw new DataError(where, what, DAMAGED);
  }
  const [begin, end] = offsets;
  // A dtype of a later version must not keep its readers from the file's other tensors: its size is taken as it is.
  const each = bytesOfElement(dtype);
  const need = each === null ? end - begin : elementCount(shape) * each;
  if (need !== end - begin) {
    const what = `shape (${shape.join(', ')}) of ${dtype} needs ${need} bytes but its offsets span ${end - begin}`;
    throw new DataError(where, what, DAMAGED);
  }
  return { dtype: dtype as SafetensorsDType, shape, begin, end };
}

/** The data must be covered once, without gaps: what the reference implementation demands. */
function checkLayout(
  name: string,
  tensors: ReadonlyMap<string, TensorEntry>,
  dataBytes: number | null,
): void {
  let at = 0;
  let before = '';
  for (const [key, { begin, end }] of [...tensors].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < at) {
      throw new DataError(name, `${before} and ${key} overlap by ${at - begin} bytes`, DAMAGED);
    }
    if (begin > at) {
      const what = `${begin - at} bytes before ${key} belong to no tensor`;
      throw new DataError(name, what, DAMAGED);
    }
    at = end;
    before = key;
  }
  if (dataBytes === null || dataBytes === at) return;
  if (dataBytes < at) {
    const missing = at - dataBytes;
    const what = `the file is cut short: ${missing} bytes are missing (${formatBytes(dataBytes)} of ${formatBytes(at)} are there)`;
    throw new DataError(name, what, 'Download it again.');
  }
  throw new DataError(name, `${dataBytes - at} bytes after the last tensor belong to nothing`, DAMAGED);
}

/** What a file is that people take for safetensors, by its first bytes: [what, what to do]. */
function foreignFormat(start: Uint8Array): [what: string, todo: string] | null {
  const convert =
    'Convert it to .safetensors (safetensors.torch.save_file), or take the model.safetensors beside it.';
  const text = new TextDecoder('latin1').decode(start.subarray(0, 64));
  if (text.startsWith('PK\x03\x04')) return ['a ZIP file, such as a PyTorch .bin or .pt checkpoint', convert];
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5)
    return ['a Python pickle (old PyTorch checkpoint)', convert];
  if (text.startsWith('GGUF')) return ['a GGUF file of llama.cpp', 'Take the same model as .safetensors.'];
  if (text.startsWith('\x89HDF')) return ['an HDF5 file (Keras)', 'Take the same model as .safetensors.'];
  if (text.startsWith('\x1f\x8b')) return ['a gzip file', 'Unpack it first.'];
  if (text.startsWith('version https://git-lfs')) {
    return [
      'a Git LFS pointer, not the weights themselves',
      'Fetch the file with git lfs pull, or use its download link.',
    ];
  }
  const trimmed = text.replace(/^(\xef\xbb\xbf)?\s+/, '');
  if (/^<(!doctype|html|\?xml|head|body)/i.test(trimmed)) {
    return ['an HTML page', 'The address leads to a page about the file: use the direct download link.'];
  }
  if (/^\s*[{[]\s*["}\]]/.test(text))
    return ['a JSON file', 'An index (….index.json) opens with openSharded.'];
  return null;
}

/** Null for a dtype that this version of the format does not have. */
export function bytesOfElement(dtype: string): number | null {
  return Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype as SafetensorsDType] : null;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
