/** Where a cache keeps bytes. */
import { DataError, formatBytes } from '../../engine/index';

/** What a `ModelCache` needs of the place that it keeps files in. */
export interface CacheStore {
  /** What people know it as, for messages. */
  readonly title: string;
  /** What lies under a key; null where nothing does. Keys are words of a-z, 0-9, `-`, `_` and `.`, with slashes between them. */
  get(key: string): Promise<Blob | null>;
  /** Puts something there, in place of what was: all of it or, with an error, nothing. Throws `StoreFull`. */
  put(key: string, content: Blob): Promise<void>;
  /** Nothing happens where nothing is. */
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
  /** Bytes that it holds and that it may still take; null where nobody knows. */
  room(): Promise<Room | null>;
}

/** Bytes of a cache. */
export interface Room {
  readonly used: number;
  readonly free: number;
}

/** A store has no room. */
export class StoreFull extends DataError {}

/** The error for a file of which `need` more bytes do not fit. */
export async function fullError(
  store: CacheStore,
  name: string,
  need: number,
  cause?: unknown,
): Promise<StoreFull> {
  const room = await store.room().catch(() => null);
  const left = room ? `has ${formatBytes(room.free)} left (${formatBytes(room.used)} are used)` : 'is full';
  return new StoreFull(
    name,
    `${formatBytes(need)} are to be kept, but ${store.title} ${left}`,
    "Delete models that it holds (cache.list, cache.delete), or give whenFull: 'stream' to read the file without keeping it.",
    { cause },
  );
}

/** Does what may run out of room; errors that say so become `StoreFull`. */
export async function withinRoom<T>(store: CacheStore, bytes: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { name, code } = cause as { readonly name?: unknown; readonly code?: unknown };
    const full = name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT';
    if (!full) throw cause;
    throw await fullError(store, 'cache', bytes, cause);
  }
}

/** What the browser says about the room of this site; null where it does not. */
export async function browserRoom(): Promise<Room | null> {
  const { storage } = (globalThis.navigator as Partial<Navigator> | undefined) ?? {};
  if (!storage?.estimate) return null;
  const { usage, quota }: StorageEstimate = await storage.estimate().catch(() => ({}));
  return usage === undefined || quota === undefined
    ? null
    : { used: usage, free: Math.max(0, quota - usage) };
}
