/**
 * Weight files in the safetensors format: 8 bytes of header length (little-endian), a JSON header that names every
 * tensor with dtype, shape and byte offsets, then the data. https://github.com/huggingface/safetensors
 *
 * Over HTTP each piece of a tensor is one range request where the server answers them, so that weights stream to the
 * GPU without the whole file, or a whole tensor, in memory. Hosts are taken to be little-endian, as every WebGPU host is.
 */
import { DataError, expectOptions, nearest } from '../errors';
import { openBytes, OPEN_OPTIONS, type ByteSource, type FileSource, type OpenOptions } from './byte_source';
import { fileName, isOutside, pathOf } from './file_name';
import { bfloat16ToFloat32, float16ToFloat32 } from './half';
import {
  DTYPE_BYTES,
  headerLength,
  isFloat,
  MAX_HEADER_BYTES,
  parseHeader,
  safetensorsBytes,
  type FloatDType,
  type Header,
  type TensorInfo,
} from './safetensors_header';

export type { FileSource, OpenOptions, Progress, RemoteFile } from './byte_source';
export type { SafetensorsDType, TensorInfo } from './safetensors_header';
export { safetensorsBlob, safetensorsParts, saveSafetensors, type NamedTensor } from './safetensors_writer';

/** How a tensor is read from a file. */
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
  /**
   * The same in consecutive pieces of at most 8 MiB of the file: F16 as bits, all else as float32. A piece may be a view
   * of the source's memory: do not write to it. Tensors that are read in the file's order share requests where small.
   */
  pieces(name: string, options?: ReadOptions): AsyncIterable<Float32Array | Uint16Array>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is read at once. */
const PIECE_BYTES = 8 << 20;

/**
 * Opens a safetensors file by address, Blob (a dropped file, `openAsBlob` in Node) or memory. Reads and checks the
 * header only; a server without range requests sends the whole file, with progress. Throws a DataError that names
 * what a damaged or foreign file is and what to do.
 */
export async function openSafetensors(source: FileSource, options: OpenOptions = {}): Promise<TensorSource> {
  expectOptions('openSafetensors', options, OPEN_OPTIONS);
  const file = await openBytes(source, options, safetensorsBytes);
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
  readonly #dataBytes: number;
  /** Bytes that pieces are cut from, and where they begin: small tensors that follow each other are read together. */
  #block: { readonly begin: number; readonly bytes: Uint8Array } = NOTHING;
  /** Where the last piece ended. */
  #at = 0;

  constructor(file: ByteSource, header: Header, dataStart: number) {
    this.#file = file;
    this.#header = header;
    this.#dataStart = dataStart;
    this.#dataBytes = [...header.tensors.values()].reduce((most, { end }) => Math.max(most, end), 0);
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
    if (bytes.length !== end - begin) throw this.#cutShort(name, end - begin, bytes.length);
    return bytes;
  }

  async float32(name: string, options?: ReadOptions): Promise<Float32Array<ArrayBuffer>> {
    return toFloat32(await this.bytes(name, options), this.#floats(name));
  }

  async *pieces(name: string, { signal }: ReadOptions = {}): AsyncGenerator<Float32Array | Uint16Array> {
    const dtype = this.#floats(name);
    const pair = 2 * DTYPE_BYTES[dtype]; // of 16 bits, two are a word, which is what GPUs write
    const { begin, end } = this.#entry(name);
    for (let at = begin; at < end;) {
      signal?.throwIfAborted();
      const { begin: first, bytes } = await this.#blockAt(name, at, Math.min(end, at + pair), end, signal);
      const last = Math.min(end, first + bytes.length);
      const piece = bytes.subarray(
        at - first,
        last === end ? last - first : last - first - ((last - at) % pair),
      );
      at += piece.length;
      this.#at = at;
      if (at === first + bytes.length) this.#block = NOTHING; // no one needs it any more
      yield dtype === 'F32' || dtype === 'F16' ? viewOf(piece, dtype) : toFloat32(piece, dtype);
    }
  }

  /** A block that holds bytes [at, least) of the data, and more where they are likely to be read next. */
  async #blockAt(name: string, at: number, least: number, end: number, signal?: AbortSignal) {
    const { begin, bytes } = this.#block;
    if (begin <= at && least <= begin + bytes.length) return this.#block;
    const all = at === this.#at ? this.#dataBytes : end;
    const until = Math.min(all, at + PIECE_BYTES);
    const read = await this.#file.read(this.#dataStart + at, this.#dataStart + until, signal);
    if (read.length < until - at) throw this.#cutShort(name, until - at, read.length);
    return (this.#block = { begin: at, bytes: read });
  }

  #floats(name: string): FloatDType {
    const { dtype } = this.#entry(name);
    if (isFloat(dtype)) return dtype;
    throw new DataError(
      `${this.#file.name}: ${name}`,
      `its dtype ${dtype} is none of F32, F16, BF16 and F64`,
      'Read it with bytes(), or take a checkpoint in one of these.',
    );
  }

  #cutShort(name: string, need: number, came: number): DataError {
    const what = `${name} needs ${need} bytes but only ${came} came`;
    return new DataError(this.#file.name, what, 'The file is cut short: download it again.');
  }

  #entry(name: string) {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw unknownTensor(this.#file.name, name, this.names());
    return entry;
  }
}

/**
 * Opens a model that is split over files: `model.safetensors.index.json` with its `weight_map`. Files are looked
 * up beside the index; for an index that is not an address, pass `open`, which finds a file by its name. Where one file
 * fails, the others are aborted: `open` has the signal for that.
 */
export async function openSharded(
  index: string | URL | Blob | object,
  options: OpenOptions & {
    readonly open?: (file: string, options: { readonly signal: AbortSignal }) => Promise<TensorSource>;
  } = {},
): Promise<TensorSource> {
  expectOptions('openSharded', options, { ...OPEN_OPTIONS, open: 0 });
  const isAddress = typeof index === 'string' || index instanceof URL;
  const name = isAddress ? fileName(String(index)) : 'model.safetensors.index.json';
  let parsed: unknown = index;
  if (isAddress || index instanceof Blob) {
    const file = await openBytes(index, options, () => MAX_HEADER_BYTES);
    const text = new TextDecoder().decode(await file.read(0, file.size ?? MAX_HEADER_BYTES, options.signal));
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
  const outside = files.find(isOutside);
  if (outside !== undefined) {
    throw new DataError(
      name,
      `its file ${JSON.stringify(outside)} does not lie beside the index`,
      'Use another index.',
    );
  }
  const open = options.open ?? beside(name, index, options);
  const others = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, others.signal]) : others.signal;
  const opened = files.map(async (file) => {
    try {
      return [file, await open(file, { signal })] as const;
    } catch (error) {
      others.abort(error);
      throw error;
    }
  });
  const shards = new Map(await Promise.all(opened));

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
  const names = files.flatMap((file) =>
    shards
      .get(file)!
      .names()
      .filter((tensor) => fileOf.get(tensor) === file),
  );
  return {
    names: () => [...names],
    info: (tensor) => shardOf(tensor).info(tensor),
    bytes: async (tensor, read) => shardOf(tensor).bytes(tensor, read),
    float32: async (tensor, read) => shardOf(tensor).float32(tensor, read),
    pieces: (tensor, read) => shardOf(tensor).pieces(tensor, read),
    metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)) as Record<
      string,
      string
    >,
  };
}

function beside(name: string, index: string | URL | Blob | object, options: OpenOptions) {
  return (file: string, { signal }: { readonly signal: AbortSignal }): Promise<TensorSource> => {
    if (typeof index !== 'string' && !(index instanceof URL)) {
      throw new DataError(
        name,
        `no way to find its file ${file}`,
        'Pass { open: (file) => openSafetensors(…) }.',
      );
    }
    // By string, because a page's addresses may be relative ones.
    const path = pathOf(file);
    const address = String(index).replace(/[^/?#]*(?=$|[?#])/, () => path);
    const { open: _, ...rest } = options as OpenOptions & { readonly open?: unknown };
    return openSafetensors(address, { ...rest, signal });
  };
}

const NOTHING = { begin: 0, bytes: new Uint8Array(0) };

/** Elements where they lie, if they are aligned there. */
function viewOf(bytes: Uint8Array, dtype: 'F32' | 'F16'): Float32Array | Uint16Array {
  const { buffer, byteOffset, length } = bytes.byteOffset % DTYPE_BYTES[dtype] === 0 ? bytes : bytes.slice();
  return dtype === 'F32'
    ? new Float32Array(buffer, byteOffset, length / 4)
    : new Uint16Array(buffer, byteOffset, length / 2);
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
  const near = nearest(name, known);
  const todo = near.length ? `Nearest: ${near.join(', ')} (of ${known.length}).` : 'The file has no tensors.';
  return new DataError(where, `no tensor "${name}"`, todo);
}
