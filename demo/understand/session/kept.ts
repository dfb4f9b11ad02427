/** Models that were taught and that this browser keeps, so that what was learnt is there on the next visit: Hugging Face folders in IndexedDB. */
import { createStore, del, entries, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { DataError } from '../../../engine/index';
import { checked, count } from '../../session/saved';
import { TASK_NAMES, type KeptModel, type TaskName } from './protocol';

const shape = v.object({
  id: v.string(),
  task: v.optional(v.picklist(TASK_NAMES), 'classify'),
  title: v.string(),
  labels: v.array(v.string()),
  when: count,
  f1: v.optional(v.nullable(v.number()), null),
  bytes: count,
  files: v.array(v.tuple([v.string(), v.instance(Blob)])),
});
type Entry = v.InferOutput<typeof shape>;

/** Of each task; the oldest goes where there are more. */
const MOST = 8;

export class KeptModels {
  readonly #task: TaskName;
  #store: UseStore | null = null;

  constructor(task: TaskName) {
    this.#task = task;
  }

  /** The newest first; none where the browser keeps nothing. */
  async list(): Promise<KeptModel[]> {
    const all = await this.#all().catch(() => []);
    return all.map(({ id, title, labels, when, f1, bytes }) => ({ id, title, labels, when, f1, bytes }));
  }

  /** Puts it in the place of the one with this id, or beside the others. False where the browser keeps nothing. Throws its own error where there is no room. */
  async keep(about: Omit<KeptModel, 'bytes' | 'when'>, files: ReadonlyMap<string, Blob>): Promise<boolean> {
    if (!globalThis.indexedDB) return false;
    const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
    const entry: Entry = {
      ...{ ...about, task: this.#task, labels: [...about.labels], bytes, when: Date.now() },
      files: [...files],
    };
    await set(about.id, entry, this.#open());
    for (const { id } of (await this.#all()).slice(MOST)) await del(id, this.#open());
    return true;
  }

  /** Throws a `DataError` where it is not there, or is not what the page saved. */
  async files(id: string): Promise<{ readonly about: KeptModel; readonly files: Map<string, Blob> }> {
    const found = await get<unknown>(id, this.#open());
    if (found === undefined)
      throw new DataError('this model', 'it is not kept here any more', 'Teach it again.');
    const { files, ...about } = checked('this model', shape, found, 'Delete it, and teach it again.');
    return { about, files: new Map(files) };
  }

  async delete(id: string): Promise<void> {
    await del(id, this.#open());
  }

  async #all(): Promise<Entry[]> {
    const found = await entries<string, unknown>(this.#open());
    return found
      .flatMap(([, entry]) => {
        const read = v.safeParse(shape, entry);
        return read.success && read.output.task === this.#task ? [read.output] : [];
      })
      .sort((a, b) => b.when - a.when);
  }

  #open(): UseStore {
    return (this.#store ??= createStore('heed.understand', 'classifiers'));
  }
}
