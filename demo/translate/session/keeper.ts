/**
 * The training run as the browser keeps it, so that a reload of the tab costs nothing: one record in IndexedDB. A write
 * is one transaction: it takes the place of the run before when it is whole, and not at all otherwise, whether the tab
 * is closed half-way or the browser runs out of room. Of several tabs one writes: the first that trained, until it is
 * closed (Web Locks).
 */
import { createStore, delMany, get, setMany, type UseStore } from 'idb-keyval';
import { DataError } from '../../../engine/index';
import type { History, RunInfo } from './protocol';

export interface KeptRun {
  readonly run: RunInfo;
  readonly history: History;
  /** A checkpoint. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What training chose in the end, where the run is finished: they may be of an earlier step, or a mean. */
  readonly weights?: Uint8Array<ArrayBuffer>;
}

/** Pairs that a visitor brought, which no reload brings back: as tab-separated lines. */
export interface KeptPairs {
  readonly id: string;
  readonly text: string;
}

const LOCK = 'heed.translate.run';
/** Milliseconds that storage may take to open. */
const PATIENCE = 10_000;
/** What to do about a kept run of no use. */
export const LOST = 'The next run that trains takes its place.';

/** The same before they are written, which they are once: `text` makes the lines. */
export interface PairsToKeep {
  readonly id: string;
  readonly text: () => string;
}

export class Keeper {
  #store: UseStore | null = null;
  /** Gives the lock back; null while this tab does not hold it. */
  #release: (() => void) | null = null;
  /** Which pairs are in the store, to write them once. */
  #pairs = '';

  /**
   * Null where nothing is kept, or the browser keeps nothing (private windows may not). Throws a `DataError` where
   * something is kept that the browser cannot give back, such as after a crash.
   */
  async run(): Promise<KeptRun | null> {
    return (await this.#get<KeptRun>('run')) ?? null;
  }

  async pairs(): Promise<KeptPairs | null> {
    const kept = (await this.#get<KeptPairs>('pairs')) ?? null;
    this.#pairs = kept?.id ?? '';
    return kept;
  }

  /** Whether this tab may write, now and until `forget`; false while another one may. Only one call at a time. */
  async claim(): Promise<boolean> {
    // Pages that are served without TLS have no locks, and rarely two tabs.
    if (this.#release || !('locks' in navigator)) return true;
    return new Promise((resolve) => {
      const held = (lock: Lock | null): Promise<void> | undefined => {
        resolve(lock !== null);
        if (!lock) return undefined;
        this.#pairs = ''; // another tab may have written since
        return new Promise((release) => (this.#release = release));
      };
      navigator.locks.request(LOCK, { ifAvailable: true }, held).catch(() => resolve(true)); // locks are refused
    });
  }

  /** Throws the browser's own error: a `QuotaExceededError` when there is no room. The run before stays then. */
  async keep(run: KeptRun, pairs: PairsToKeep | null): Promise<void> {
    const fresh = pairs && pairs.id !== this.#pairs ? pairs : null;
    const entries: [string, KeptRun | KeptPairs][] = [['run', run]];
    if (fresh) entries.push(['pairs', { id: fresh.id, text: fresh.text() }]);
    await setMany(entries, await this.#open());
    if (fresh) this.#pairs = fresh.id;
  }

  /** Drops what is kept, unless it is another tab's. */
  async forget(): Promise<void> {
    if (!(await this.claim())) return;
    this.#pairs = '';
    try {
      await delMany(['run', 'pairs'], await this.#open());
    } catch {
      // What cannot be reached cannot come back either.
    }
    this.#release?.();
    this.#release = null;
  }

  async #get<T>(key: string): Promise<T | undefined> {
    let store: UseStore;
    try {
      store = await this.#open();
    } catch {
      return undefined; // there is no storage here
    }
    try {
      return await get<T>(key, store);
    } catch (cause) {
      const { name, message } = (cause as Error | null) ?? new Error('the browser broke it off');
      throw new DataError('the run that this browser kept', `it cannot be read (${message || name})`, LOST, {
        cause,
      });
    }
  }

  /** Browsers that are damaged, or wait for a tab that hangs, never answer: nobody's training waits for that. */
  async #open(): Promise<UseStore> {
    if (!globalThis.indexedDB) throw new Error('it has no IndexedDB');
    const store = (this.#store ??= createStore('heed.translate', 'run'));
    const opened = store('readonly', () => undefined).then(() => store);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('its IndexedDB does not answer')), PATIENCE);
    });
    try {
      return await Promise.race([opened, silent]);
    } finally {
      clearTimeout(timer);
    }
  }
}
