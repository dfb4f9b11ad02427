/**
 * Weight files in the safetensors format: 8 bytes of header length (little-endian), a JSON header that names every
 * tensor with dtype, shape and byte offsets, then the data. https://github.com/huggingface/safetensors
 *
 * Over HTTP each tensor is one range request where the server answers them, so that weights stream to the GPU
 * without the whole file in memory. Hosts are taken to be little-endian, as every WebGPU host is.
 */
import { DataError } from '../errors';
import { openBytes, fileName, type ByteSource, type FileSource, type OpenOptions } from './byte-source';
import { bfloat16ToFloat32, float16ToFloat32 } from './half';
import {
  headerLength,
  parseHeader,
  type Header,
  type SafetensorsDType,
  type TensorInfo,
} from './safetensors-header';

export type { FileSource, OpenOptions, Progress } from './byte-source';
export type { SafetensorsDType, TensorInfo } from './safetensors-header';
export { safetensorsBlob, safetensorsParts, saveSafetensors, type NamedTensor } from './safetensors-writer';

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** Named tensors from anywhere: one file, several shards, memory. */
export interface TensorSource {
  /** In the file's order. */
  names(): string[];
  info(name: string): TensorInfo;
  /** The tensor's bytes as stored. May be a view of the source's memory: do not write to it. */
  bytes(name: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** F32, F16, BF16 or F64 as fresh float32; other dtypes are a DataError. */
  float32(name: string, options?: ReadOptions): Promise<Float32Array<ArrayBuffer>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Opens a safetensors file by address, Blob (a dropped file, `openAsBlob` in Node) or memory. Reads and checks the
 * header only; a server without range requests sends the whole file, with progress. Throws a DataError that names
 * what a damaged or foreign file is and what to do.
 */
export async function openSafetensors(source: FileSource, options: OpenOptions = {}): Promise<TensorSource> {
  const file = await openBytes(source, options);
  const start = await file.read(0, 1024, options.signal);
  const dataStart = 8 + headerLength(file.name, start, file.size);
  const json = await file.read(8, dataStart, options.signal);
  const header = parseHeader(file.name, json, file.size === null ? null : file.size - dataStart);
  return new SafetensorsFile(file, header, dataStart);
}

class SafetensorsFile implements TensorSource {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: ByteSource;
  readonly #header: Header;
  readonly #dataStart: number;

  constructor(file: ByteSource, header: Header, dataStart: number) {
    this.#file = file;
    this.#header = header;
    this.#dataStart = dataStart;
    this.metadata = header.metadata;
  }

  names(): string[] {
    return [...this.#header.tensors.keys()];
  }

  info(name: string): TensorInfo {
    const { shape, dtype } = this.#entry(name);
    return { shape, dtype };
  }

  async bytes(name: string, { signal }: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    const { begin, end } = this.#entry(name);
    const bytes = await this.#file.read(this.#dataStart + begin, this.#dataStart + end, signal);
    if (bytes.length !== end - begin) {
      const what = `${name} needs ${end - begin} bytes but only ${bytes.length} came`;
      throw new DataError(this.#file.name, what, 'The file is cut short: download it again.');
    }
    return bytes;
  }

  async float32(name: string, options?: ReadOptions): Promise<Float32Array<ArrayBuffer>> {
    const { dtype } = this.#entry(name);
    if (!isFloat(dtype)) {
      throw new DataError(
        `${this.#file.name}: ${name}`,
        `${dtype} is not floating point`,
        'Read it with bytes().',
      );
    }
    return toFloat32(await this.bytes(name, options), dtype);
  }

  #entry(name: string) {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw unknownTensor(this.#file.name, name, this.names());
    return entry;
  }
}

/**
 * Opens a model that is split over files: `model.safetensors.index.json` with its `weight_map`. Files are looked
 * up beside the index; for an index that is not an address, pass `open`, which finds a file by its name.
 */
export async function openSharded(
  index: string | URL | Blob | object,
  options: OpenOptions & { readonly open?: (file: string) => Promise<TensorSource> } = {},
): Promise<TensorSource> {
  const isAddress = typeof index === 'string' || index instanceof URL;
  const name = isAddress ? fileName(String(index)) : 'model.safetensors.index.json';
  let parsed: unknown = index;
  if (isAddress || index instanceof Blob) {
    const file = await openBytes(index, options);
    const text = new TextDecoder().decode(
      await file.read(0, file.size ?? Number.MAX_SAFE_INTEGER, options.signal),
    );
    try {
      parsed = JSON.parse(text);
    } catch (cause) {
      throw new DataError(name, 'the index is not JSON', 'Pass model.safetensors.index.json.', { cause });
    }
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (
    typeof map !== 'object' ||
    map === null ||
    Object.values(map).some((file) => typeof file !== 'string')
  ) {
    throw new DataError(name, 'it has no weight_map of names to files', 'Pass model.safetensors.index.json.');
  }
  const fileOf = new Map(Object.entries(map as Record<string, string>));
  const files = [...new Set(fileOf.values())];
  const outside = files.find((file) => /^([a-z][a-z0-9+.-]*:|\/)|(^|\/)\.\.(\/|$)|\\/i.test(file));
  if (outside !== undefined) {
    throw new DataError(
      name,
      `its file ${JSON.stringify(outside)} does not lie beside the index`,
      'Use another index.',
    );
  }
  const open = options.open ?? beside(name, index, options);
  const shards = new Map(await Promise.all(files.map(async (file) => [file, await open(file)] as const)));

  for (const [tensor, file] of fileOf) {
    if (!shards.get(file)!.names().includes(tensor)) {
      throw new DataError(
        name,
        `${file} lacks ${tensor}, which the index places there`,
        'Download the model again.',
      );
    }
  }
  const shardOf = (tensor: string): TensorSource => {
    const file = fileOf.get(tensor);
    if (file === undefined) throw unknownTensor(name, tensor, [...fileOf.keys()]);
    return shards.get(file)!;
  };
  return {
    names: () => [...fileOf.keys()],
    info: (tensor) => shardOf(tensor).info(tensor),
    bytes: async (tensor, read) => shardOf(tensor).bytes(tensor, read),
    float32: async (tensor, read) => shardOf(tensor).float32(tensor, read),
    metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)) as Record<
      string,
      string
    >,
  };
}

function beside(name: string, index: string | URL | Blob | object, options: OpenOptions) {
  return (file: string): Promise<TensorSource> => {
    if (typeof index !== 'string' && !(index instanceof URL)) {
      throw new DataError(
        name,
        `no way to find its file ${file}`,
        'Pass { open: (file) => openSafetensors(…) }.',
      );
    }
    // By string, because a page's addresses may be relative ones.
    const address = String(index).replace(/[^/?#]*(?=$|[?#])/, file);
    return openSafetensors(address, options);
  };
}

type FloatDType = 'F16' | 'BF16' | 'F32' | 'F64';

function isFloat(dtype: SafetensorsDType): dtype is FloatDType {
  return dtype === 'F16' || dtype === 'BF16' || dtype === 'F32' || dtype === 'F64';
}

/** Little-endian bytes of a floating point dtype -> float32 (n); F64 is rounded to nearest. */
export function toFloat32(bytes: Uint8Array, dtype: FloatDType): Float32Array<ArrayBuffer> {
  const { buffer } = bytes.slice(); // a copy: aligned, and the caller's own
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer));
  return dtype === 'F16'
    ? float16ToFloat32(new Uint16Array(buffer))
    : bfloat16ToFloat32(new Uint16Array(buffer));
}

function unknownTensor(where: string, name: string, known: readonly string[]): DataError {
  const near = [...known].sort((a, b) => distance(a, name) - distance(b, name)).slice(0, 3);
  const todo = near.length ? `Nearest: ${near.join(', ')} (of ${known.length}).` : 'The file has no tensors.';
  return new DataError(where, `no tensor "${name}"`, todo);
}

/** Edit distance, less where one name ends with the other: a missing prefix is the usual slip. */
function distance(a: string, b: string): number {
  if (a.endsWith(b) || b.endsWith(a)) return Math.abs(a.length - b.length) / 100;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}
