/**
 * The training run as the browser keeps it, so that a reload of the tab costs nothing: one record in IndexedDB. A write
 * is one transaction: it takes the place of the run before when it is whole, and not at all otherwise, whether the tab
 * is closed half-way or the browser runs out of room.
 */
import { createStore, del, get, setMany, type UseStore } from 'idb-keyval';
import type { History, RunInfo } from './protocol';

export interface KeptRun {
  readonly run: RunInfo;
  readonly history: History;
  /** A checkpoint. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Pairs that a visitor brought, which no reload brings back: as tab-separated lines. */
export interface KeptPairs {
  readonly id: string;
  readonly text: string;
}

export class Keeper {
  #store: UseStore | null = null;
  /** Which pairs are in the store, to write them once. */
  #pairs = '';

  /** Null where nothing is kept, or the browser keeps nothing (private windows may not). */
  async run(): Promise<KeptRun | null> {
    return (await this.#get<KeptRun>('run')) ?? null;
  }

  async pairs(): Promise<KeptPairs | null> {
    const kept = (await this.#get<KeptPairs>('pairs')) ?? null;
    this.#pairs = kept?.id ?? '';
    return kept;
  }

  /** Throws the browser's own error: a `QuotaExceededError` when there is no room. The run before stays then. */
  async keep(run: KeptRun, pairs: KeptPairs | null): Promise<void> {
    const fresh = pairs && pairs.id !== this.#pairs ? pairs : null;
    await setMany([['run', run], ...(fresh ? [['pairs', fresh] as [string, KeptPairs]] : [])], this.#open());
    if (fresh) this.#pairs = fresh.id;
  }

  async forget(): Promise<void> {
    this.#pairs = '';
    try {
      await del('run', this.#open());
      await del('pairs', this.#open());
    } catch {
      // What cannot be reached cannot come back either.
    }
  }

  async #get<T>(key: string): Promise<T | undefined> {
    try {
      return await get<T>(key, this.#open());
    } catch {
      return undefined;
    }
  }

  #open(): UseStore {
    return (this.#store ??= createStore('heed.translate', 'run'));
  }
}
