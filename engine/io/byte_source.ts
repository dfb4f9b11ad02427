import { DataError, EngineError, formatBytes } from '../errors';
import { fileName } from './file_name';
import { answered, askPatiently, reason } from './patience';

/** Where a file's bytes come from: memory, a Blob, or a server that answers range requests. */
export interface ByteSource {
  /** What error messages call it: the file's name or address. */
  readonly name: string;
  /** Bytes in all; null when a server keeps it to itself. */
  readonly size: number | null;
  /** Bytes [start, end). May be a view of the source's memory. Fewer bytes come back only past the end. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
}

/** How much of a file has arrived, in bytes. */
export interface Progress {
  /** Bytes that have arrived since the file was opened. */
  readonly loaded: number;
  /** Bytes in the whole file; null when the server does not say. */
  readonly total: number | null;
}

/** How a file is opened and its progress told. */
export interface OpenOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Instead of the global fetch: for headers, caches, tests. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A file on a server that is asked in a way of its own, with an access token, say. */
export interface RemoteFile {
  readonly address: string;
  /** Errors of the engine that it throws reach the caller as they are. */
  readonly fetch: typeof globalThis.fetch;
  readonly onProgress?: (progress: Progress) => void;
}

/** Where a file is: an address, a Blob or File, bytes in memory, or one that is read from a server in ranges. */
export type FileSource = string | URL | Blob | ArrayBuffer | Uint8Array | RemoteFile;

/** Of `OpenOptions`. */
export const OPEN_OPTIONS = { signal: 0, onProgress: 0, fetch: 0 };

/** The first request asks for this much, which holds the header of most files. */
const FIRST_READ = 64 * 1024;

/** Servers may answer a part of what is asked; on average the parts have at least this many bytes. */
const LEAST_PART = 4096;
/** Bytes that are read twice from a server that may not tell which bytes it sends. */
const PROBE = 256;

/**
 * Bytes that a file has, as its start tells: null while `start` is too short to know; a DataError where the file is of
 * another kind. Servers that name no length are read no further.
 */
export type LengthOf = (name: string, start: Uint8Array) => number | null;

export async function openBytes(
  source: FileSource,
  options: OpenOptions = {},
  lengthOf: LengthOf = () => null,
): Promise<ByteSource> {
  options.signal?.throwIfAborted();
  if (typeof source === 'string' || source instanceof URL) {
    return openAddress(String(source), options, lengthOf);
  }
  if (source instanceof Blob) return fromBlob(source);
  if ('address' in source) {
    const onProgress = (progress: Progress): void => {
      source.onProgress?.(progress);
      options.onProgress?.(progress);
    };
    return openAddress(source.address, { ...options, fetch: source.fetch, onProgress }, lengthOf);
  }
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

async function openAddress(address: string, options: OpenOptions, lengthOf: LengthOf): Promise<ByteSource> {
  const name = fileName(address);
  const fetchBytes = options.fetch ?? globalThis.fetch;
  let loaded = 0;
  let total: number | null = null;
  const report = (bytes: number) => {
    loaded += bytes;
    options.onProgress?.({ loaded, total });
  };
  const refuse = async (response: Response, what: string, todo: string): Promise<never> => {
    await response.body?.cancel();
    throw new DataError(name, what, todo);
  };

  const once = async (start: number, end: number, signal?: AbortSignal): Promise<Response> => {
    try {
      return await fetchBytes(address, {
        headers: { Range: `bytes=${start}-${end - 1}` },
        signal: signal ?? null,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof EngineError) throw cause;
      const todo = /^https?:/.test(address)
        ? 'Check the address and the network; another site must also allow cross-origin requests (CORS).'
        : 'In Node pass a Blob: await openAsBlob(path) of node:fs.';
      throw new DataError(name, `could not be fetched (${reason(cause)})`, todo, { cause });
    }
  };

  const request = async (start: number, end: number, signal?: AbortSignal): Promise<Response> => {
    const response = await askPatiently(name, () => once(start, end, signal), signal);
    const { status } = response;
    if (status === 416) return response;
    if (response.ok && response.body && (status === 200 || status === 206)) return response;
    return refuse(response, answered(response), `Check the address: ${address}`);
  };

  /**
   * A body, chunk by chunk, so that progress moves and an abort stops the download; read up to `most` bytes. `into` takes
   * that many: then the chunks are not kept beside the whole.
   */
  const body = async (
    response: Response,
    most: Limit,
    signal?: AbortSignal,
    into?: Bytes,
  ): Promise<Bytes> => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const reader = response.body!.getReader();
    for (;;) {
      let value: Uint8Array | undefined;
      try {
        ({ value } = await reader.read());
      } catch (cause) {
        signal?.throwIfAborted(); // the reason that the caller gave, whatever it is
        const of = most.known === null ? '' : ` of ${formatBytes(most.known)}`;
        const what = `the connection broke after ${formatBytes(length)}${of} (${reason(cause)})`;
        throw new DataError(name, what, 'Try again.', { cause });
      }
      if (!value) break;
      if (!into) chunks.push(value);
      else if (length + value.length <= into.length) into.set(value, length);
      length += value.length;
      report(value.length);
      let limit: number | null;
      try {
        limit = most.after(chunks, length);
      } catch (cause) {
        await reader.cancel();
        throw cause;
      }
      if (limit === null || length <= limit) continue;
      await reader.cancel();
      const what = `the server sent more than the ${limit} bytes that ${most.says}`;
      throw new DataError(name, what, 'Its answers cannot be trusted: take the file from elsewhere.');
    }
    return into ? into.subarray(0, length) : joined(chunks, length);
  };

  /**
   * Bytes from `start` on, at most to `end`, of an answer with status 206. Content-Range says which came; only a server
   * of another origin may hide it (CORS).
   */
  const part = async (response: Response, start: number, end: number, signal?: AbortSignal) => {
    const told = response.headers.get('content-range');
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(told?.trim() ?? '');
    const asked = `bytes ${start} to ${end - 1} were asked for`;
    const broken = 'Its range requests are broken: take the file from elsewhere.';
    const coded = response.headers.get('content-encoding');
    if (coded && coded !== 'identity') return refuse(response, `${asked}, but they came as ${coded}`, broken);
    const type = response.headers.get('content-type') ?? '';
    if (/^multipart\//i.test(type)) return refuse(response, `${asked}, but ${type} came`, broken);
    if (told === null && response.type === 'basic') {
      return refuse(response, `${asked}, but the server does not say which it sent`, broken);
    }
    if (told !== null && !range)
      return refuse(response, `${asked}, but ${JSON.stringify(told)} came`, broken);
    if (range) {
      const [first, last] = [Number(range[1]), Number(range[2])];
      const all = range[3] === '*' ? null : Number(range[3]);
      if (first !== start || last >= (all === null ? end : Math.min(end, all)) || last < first) {
        return refuse(response, `${asked}, but the server sent ${first} to ${last} of ${range[3]}`, broken);
      }
      if (total !== null && all !== null && all !== total) return refuse(response, CHANGED, 'Open it again.');
      total ??= all;
      end = last + 1;
    }
    const whole = new Uint8Array(end - start);
    const bytes = await body(response, atMost(end - start, 'were asked for'), signal, whole);
    if (range && bytes.length < end - start) {
      const what = `the connection broke after ${bytes.length} of ${end - start} bytes`;
      throw new DataError(name, what, 'Try again.');
    }
    return bytes;
  };

  const first = await request(0, FIRST_READ, options.signal);
  if (first.status === 416) {
    const [, all = '0'] = /\/(\d+)$/.exec(first.headers.get('content-range') ?? '') ?? [];
    if (Number(all) > 0) {
      const what = `bytes 0 to ${FIRST_READ - 1} of ${all} were asked for, but the server answered 416`;
      return refuse(first, what, 'Its range requests are broken: take the file from elsewhere.');
    }
    await first.body?.cancel();
    return fromMemory(new Uint8Array(0), name); // an empty file has no first byte
  }
  if (first.status === 200) {
    // No ranges here: take the whole file. content-length counts compressed bytes, so it is no total then; a server of
    // another origin may hide that it compresses.
    const length = first.headers.get('content-length');
    if (length !== null && !first.headers.get('content-encoding')) total = Number(length);
    const hidden = first.type !== 'basic';
    const whole = await body(
      first,
      total === null || hidden
        ? asTold((start) => lengthOf(name, start), total)
        : atMost(total, 'it announced'),
      options.signal,
    );
    if (total !== null && whole.length < total && !hidden) {
      const what = `the download ended after ${whole.length} of ${total} bytes`;
      throw new DataError(name, what, 'Try again.');
    }
    return fromMemory(whole, name);
  }

  const version = versionOf(first);
  const head = await part(first, 0, FIRST_READ, options.signal);
  let trusted = first.headers.has('content-range');
  // Without a Content-Range, what came is all there is.
  if (!trusted && head.length < FIRST_READ) total = head.length;

  /** What is left of bytes [start, end), or its first part; null past the end. */
  const more = async (start: number, end: number, signal?: AbortSignal): Promise<Bytes | null> => {
    const response = await request(start, end, signal);
    const asked = `bytes ${start} to ${end - 1} were asked for, but the server`;
    if (response.status === 416) {
      if (total !== null) return refuse(response, `${asked} answered 416`, 'Open it again.');
      await response.body?.cancel();
      return null;
    }
    const now = versionOf(response);
    if (version !== null && now === null) {
      return refuse(response, `${asked} no longer says of which version`, 'Open it again.');
    }
    if (version !== null && now !== version) return refuse(response, CHANGED, 'Open it again.');
    if (response.status === 206) return part(response, start, end, signal);
    return refuse(response, `${asked} sent the whole file`, 'It served ranges before: try again.');
  };

  return {
    name,
    size: total,
    async read(start, until, signal) {
      const end = (): number => (total === null ? until : Math.min(until, total));
      if (end() <= head.length) return head.subarray(start, end());
      if (start >= end()) return new Uint8Array(0);
      if (!trusted) {
        const from = Math.max(0, head.length - PROBE);
        const again = await more(from, head.length, signal);
        if (!again || again.some((byte, i) => byte !== head[from + i])) {
          const what = 'the server sends other bytes than were asked for';
          throw new DataError(name, what, 'Its range requests are broken: take the file from elsewhere.');
        }
        trusted = true;
      }
      const parts: Bytes[] = [];
      let at = start;
      while (at < end()) {
        const next = await more(at, end(), signal);
        if (!next?.length) break;
        parts.push(next);
        at += next.length;
        if (parts.length > 8 && at - start < LEAST_PART * parts.length && at < end()) {
          const what = `the server sends only ${next.length} bytes at a time`;
          throw new DataError(name, what, 'Take the file from elsewhere.');
        }
      }
      return parts.length === 1 ? parts[0] : joined(parts, at - start);
    },
  };
}

/** Which version of the file an answer is of; null where the server does not say, or may not (CORS). */
function versionOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  if (etag && !etag.startsWith('W/')) return etag;
  // A weak tag stays when bytes change that do not matter to readers.
  const parts = [etag, headers.get('last-modified')].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(' ') : null;
}

type Bytes = Uint8Array<ArrayBuffer>;

const CHANGED = 'changed on the server while it was being read';

/** How much of a body is read at most. */
interface Limit {
  /** Bytes that should come; null where nobody knows. */
  readonly known: number | null;
  /** Who says so, for messages: "more than the 10 bytes that were asked for". */
  readonly says: string;
  /** Bytes that may come, now that these chunks have; null while it is not known. */
  after(chunks: readonly Uint8Array[], length: number): number | null;
}

function atMost(known: number, says: string): Limit {
  return { known, says, after: () => known };
}

/**
 * The limit that a file's own start tells. It is looked for each time that twice as much has come; up to `announced`
 * bytes come without.
 */
function asTold(lengthOf: (start: Uint8Array) => number | null, announced: number | null = null): Limit {
  let limit: number | null = null;
  let looked = 0;
  const after = (chunks: readonly Uint8Array[], length: number): number | null => {
    if (announced !== null && length <= announced) return announced;
    if (limit === null && length >= 2 * looked) {
      looked = length;
      limit = lengthOf(joined(chunks, length));
    }
    return limit;
  };
  return { known: announced, says: 'its header tells of', after };
}

function joined(chunks: readonly Uint8Array[], length: number): Bytes {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
