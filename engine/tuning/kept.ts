/** Rungs that were found, kept from session to session. */
import { RUNG_KINDS, RUNG_NAMES, type Rungs } from '../runtime/capabilities';
import type { AdapterInfo } from '../runtime/device';

/** Where `Device.tune` keeps what it found: texts by key. What it throws is told in `Tuning.problem` and costs nothing else. */
export interface TuningStore {
  read(key: string): Promise<string | null>;
  write(key: string, text: string): Promise<void>;
}

/** Counts up whenever kernels change so much that other rungs may be the fastest. */
const VERSION = 1;

/** Of an adapter, its driver as far as it is told, the browser, and our kernels. */
export function keyOf({ vendor, architecture, description }: AdapterInfo, features: string): string {
  const { navigator, process } = globalThis as {
    readonly navigator?: { readonly userAgent?: string };
    readonly process?: { readonly version?: string };
  };
  const host = navigator?.userAgent ?? process?.version ?? '';
  return JSON.stringify([VERSION, vendor, architecture, description, features, host]);
}

/** Rungs as a store has them, or null for what is none of ours: then they are measured. */
export function parseRungs(text: string): Rungs | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  const known = (list: readonly string[], word: unknown): boolean => list.some((one) => one === word);
  if (!entries.every(([kind, rung]) => known(RUNG_KINDS, kind) && known(RUNG_NAMES, rung))) return null;
  return Object.fromEntries(entries);
}

const CACHE = 'heed-tuning';

/** The browser's Cache API, where there is one: also in workers, of https pages and localhost. */
export function browserStore(): TuningStore | null {
  const { caches } = globalThis as { readonly caches?: CacheStorage };
  if (!caches) return null;
  const address = (key: string): string => `https://heed.invalid/${encodeURIComponent(key)}`;
  return {
    async read(key) {
      const answer = await (await caches.open(CACHE)).match(address(key));
      return answer ? await answer.text() : null;
    },
    async write(key, text) {
      await (await caches.open(CACHE)).put(address(key), new Response(text));
    },
  };
}
