/** Classifiers that this browser keeps, so that what was learnt is there on the next visit: Hugging Face folders in IndexedDB. */
import { createStore, del, entries, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { DataError } from '../../../engine/index';
import { checked, count } from '../../session/saved';
import type { KeptClassifier } from './protocol';

const shape = v.object({
  id: v.string(),
  title: v.string(),
  labels: v.array(v.string()),
  when: count,
  macroF1: v.nullable(v.number()),
  bytes: count,
  files: v.array(v.tuple([v.string(), v.instance(Blob)])),
});
type Entry = v.InferOutput<typeof shape>;

/** The oldest goes where there are more. */
const MOST = 8;

export class KeptClassifiers {
  #store: UseStore | null = null;

  /** The newest first; none where the browser keeps nothing. */
  async list(): Promise<KeptClassifier[]> {
    const all = await this.#all().catch(() => []);
    return all.map(({ id, title, labels, when, macroF1, bytes }) => {
      return { id, title, labels, when, macroF1, bytes };
    });
  }

  /** Puts it in the place of the one with this id, or beside the others. False where the browser keeps nothing. Throws its own error where there is no room. */
  async keep(
    about: Omit<KeptClassifier, 'bytes' | 'when'>,
    files: ReadonlyMap<string, Blob>,
  ): Promise<boolean> {
    if (!globalThis.indexedDB) return false;
    const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    const entry: Entry = {
      ...{ ...about, labels: [...about.labels], bytes, when: Date.now() },
      files: [...files],
    };
    await set(about.id, entry, this.#open());
    for (const { id } of (await this.#all()).slice(MOST)) await del(id, this.#open());
    return true;
  }

  /** Throws a `DataError` where it is not there, or is not what the page saved. */
  async files(id: string): Promise<{ readonly about: KeptClassifier; readonly files: Map<string, Blob> }> {
    const found = await get<unknown>(id, this.#open());
    if (found === undefined)
      throw new DataError('this classifier', 'it is not kept here any more', 'Teach it again.');
    const { files, ...about } = checked('this classifier', shape, found, 'Delete it, and teach it again.');
    return { about, files: new Map(files) };
  }

  async delete(id: string): Promise<void> {
    await del(id, this.#open());
  }

  async #all(): Promise<Entry[]> {
    const found = await entries<string, unknown>(this.#open());
    return found.flatMap(([, entry]) => (v.is(shape, entry) ? [entry] : [])).sort((a, b) => b.when - a.when);
  }

  #open(): UseStore {
    return (this.#store ??= createStore('heed.understand', 'classifiers'));
  }
}
