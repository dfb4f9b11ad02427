import { DataError, formatBytes } from '../errors';

/** Where a file's bytes come from: memory, a Blob, or a server that answers range requests. */
export interface ByteSource {
  /** What error messages call it: the file's name or address. */
  readonly name: string;
  /** Bytes in all; null when a server keeps it to itself. */
  readonly size: number | null;
  /** Bytes [start, end). May be a view of the source's memory. Fewer bytes come back only past the end. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

export interface Progress {
  /** Bytes that have arrived since the file was opened. */
  readonly loaded: number;
  /** Bytes in the whole file; null when the server does not say. */
  readonly total: number | null;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Instead of the global fetch: for headers, caches, tests. */
  readonly fetch?: typeof globalThis.fetch;
}

export type FileSource = string | URL | Blob | ArrayBuffer | Uint8Array;

/** The first request asks for this much, which holds the header of most files. */
const FIRST_READ = 64 * 1024;

export async function openBytes(source: FileSource, options: OpenOptions = {}): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  if (typeof source === 'string' || source instanceof URL) return openAddress(String(source), options);
  if (source instanceof Blob) return fromBlob(source);
  return fromMemory(source instanceof Uint8Array ? source : new Uint8Array(source), 'safetensors data');
}

function fromMemory(memory: Uint8Array, name: string): ByteSource {
  // Views of shared memory are copied once: Blobs, text decoders and GPU uploads do not take them everywhere.
  const bytes = memory.buffer instanceof ArrayBuffer ? (memory as Uint8Array<ArrayBuffer>) : memory.slice();
  return { name, size: bytes.length, read: (start, end) => Promise.resolve(bytes.subarray(start, end)) };
}

function fromBlob(blob: Blob): ByteSource {
  const name = 'name' in blob && typeof blob.name === 'string' && blob.name ? blob.name : 'file';
  const read = async (start: number, end: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    try {
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    } catch (cause) {
      throw new DataError(name, `could not be read (${reason(cause)})`, 'Choose the file again.', { cause });
    }
  };
  return { name, size: blob.size, read };
}

async function openAddress(address: string, options: OpenOptions): Promise<ByteSource> {
  const name = fileName(address);
  const fetchBytes = options.fetch ?? globalThis.fetch;
  let loaded = 0;
  let total: number | null = null;
  let version: string | null = null;
  const report = (bytes: number) => {
    loaded += bytes;
    options.onProgress?.({ loaded, total });
  };

  const request = async (start: number, end: number, signal?: AbortSignal): Promise<Response> => {
    let response: Response;
    try {
      response = await fetchBytes(address, {
        headers: { Range: `bytes=${start}-${end - 1}` },
        signal: signal ?? null,
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      const todo = /^https?:/.test(address)
        ? 'Check the address and the network; another site must also allow cross-origin requests (CORS).'
        : 'In Node pass a Blob: await openAsBlob(path) of node:fs.';
      throw new DataError(name, `could not be fetched (${reason(cause)})`, todo, { cause });
    }
    if (!response.ok && response.status !== 416) {
      const what = `the server answered ${response.status} ${response.statusText}`.trim();
      throw new DataError(name, what, `Check the address: ${address}`);
    }
    return response;
  };

  /** The body, chunk by chunk, so that progress moves and an abort stops the download. */
  const body = async (response: Response, expected: number | null): Promise<Uint8Array<ArrayBuffer>> => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      for (const reader = response.body!.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) break;
        chunks.push(value);
        length += value.length;
        report(value.length);
      }
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'AbortError') throw cause;
      const of = expected === null ? '' : ` of ${formatBytes(expected)}`;
      const what = `the connection broke after ${formatBytes(length)}${of} (${reason(cause)})`;
      throw new DataError(name, what, 'Try again.', { cause });
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  };

  const first = await request(0, FIRST_READ, options.signal);
  if (first.status === 416) return fromMemory(new Uint8Array(0), name); // an empty file has no first byte
  if (first.status !== 206) {
    // No ranges here: take the whole file. content-length counts compressed bytes, so it is no total then.
    const length = first.headers.get('content-length');
    if (length !== null && !first.headers.get('content-encoding')) total = Number(length);
    const whole = await body(first, total);
    if (total !== null && whole.length < total) {
      const what = `the download ended after ${whole.length} of ${total} bytes`;
      throw new DataError(name, what, 'Try again.');
    }
    return fromMemory(whole, name);
  }

  const range = /\/(\d+)\s*$/.exec(first.headers.get('content-range') ?? '');
  if (range) total = Number(range[1]); // a cross-origin server may hide this header
  version = first.headers.get('etag');
  const head = await body(first, null);
  if (total === null && head.length < FIRST_READ) total = head.length;
  const size = total;

  return {
    name,
    size,
    async read(start, until, signal) {
      const end = size === null ? until : Math.min(until, size);
      if (end <= head.length) return head.subarray(start, end);
      if (start >= end) return new Uint8Array(0);
      const response = await request(start, end, signal);
      if (response.status === 416) return new Uint8Array(0);
      const tag = response.headers.get('etag');
      if (response.status !== 206 || (version && tag && tag !== version)) {
        await response.body?.cancel();
        throw new DataError(name, 'changed on the server while it was being read', 'Open it again.');
      }
      return body(response, end - start);
    },
  };
}

/** The last part of an address, without its query: what a reader recognises. */
export function fileName(address: string): string {
  const path = address.replace(/[?#].*$/s, '');
  return path.slice(path.lastIndexOf('/') + 1) || address;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
