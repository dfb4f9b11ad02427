/** Rungs that were found, kept from session to session. */
import { RUNG_KINDS, RUNG_NAMES, type Rungs } from '../runtime/capabilities';
import type { AdapterInfo } from '../runtime/device';

/** Where `tuneDevice` keeps what it found: texts by key. What it throws is told in `Tuning.problem` and costs nothing else. */
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

/** Rungs as a store has them, one of each kind, or null for what is none of ours: then they are measured. */
export function parseRungs(text: string): Rungs | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const rungs = value as Readonly<Record<string, unknown>>;
  const isRung = (word: unknown): boolean => RUNG_NAMES.some((name) => name === word);
  const isWhole = RUNG_KINDS.every((kind) => Object.hasOwn(rungs, kind) && isRung(rungs[kind]));
  return isWhole && Object.keys(rungs).length === RUNG_KINDS.length ? rungs : null;
}

const CACHE = 'heed-tuning';

/** The browser's Cache API, where there is one: also in workers, of https pages and localhost; null in sandboxed frames. */
export function browserStore(): TuningStore | null {
  let caches: CacheStorage | undefined;
  try {
    ({ caches } = globalThis as { readonly caches?: CacheStorage });
  } catch {
    // A page without an origin of its own may not even look.
  }
  if (!caches) return null;
  const storage = caches;
  const address = (key: string): string => `https://heed.invalid/${encodeURIComponent(key)}`;
  return {
    async read(key) {
      const answer = await (await storage.open(CACHE)).match(address(key));
      return answer ? await answer.text() : null;
    },
    async write(key, text) {
      await (await storage.open(CACHE)).put(address(key), new Response(text));
    },
  };
}
