import { DataError, EngineError, expectOptions } from '../../engine/index';
import { CacheApiStore } from './cache_api_store';
import { bytesHere, CacheRecords, modelKey, type FileRecord } from './cache_records';
import type { CacheStore } from './cache_store';
import { OpfsStore } from './opfs_store';

/** A model in a cache, in one of its states. */
export interface CachedModel {
  /** As it was asked for: `owner/name`, or the address of a folder. */
  readonly model: string;
  /** Where it is from. */
  readonly page: string;
  /** The commit; of servers without commits the branch, or '' for a folder. */
  readonly revision: string;
  /** Branches and tags that were this commit when they were last asked for. */
  readonly names: readonly string[];
  /** `size` is null where a server has not said it; `whole`: all of it is here. */
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly size: number | null;
    readonly whole: boolean;
  }[];
  /** Of all files that are here. */
  readonly bytes: number;
  /** Null where it was never opened as a whole. */
  readonly lastUsed: Date | null;
}

/** Bytes that are put into the store at once: what a page that is closed may lose of a download. */
const PART_BYTES = 16 << 20;

/**
 * Files of models, kept from one visit to the next: for `hub`. Tokens are no part of what is kept, so whoever can read the
 * store can read the models in it.
 */
export class ModelCache {
  readonly records: CacheRecords;
  /** Bytes of a part: so many may be lost of a download when a page is closed. Default 16 MiB. */
  readonly partBytes: number;

  /** A cache in a store: in Node `folderStore(path)` of `heed/node`. In a browser `ModelCache.open` finds one. */
  constructor(store: CacheStore, options: { readonly partBytes?: number } = {}) {
    const { partBytes = PART_BYTES } = options;
    expectOptions('ModelCache', options, { partBytes });
    if (!(Number.isSafeInteger(partBytes) && partBytes > 0))
      throw new EngineError('ModelCache', `partBytes is ${partBytes}`, 'Use a whole number of bytes.');
    this.records = new CacheRecords(store);
    this.partBytes = partBytes;
  }

  /** The browser's cache of that name: in OPFS, else in the Cache API. Throws `DataError` where there is neither. */
  static async open(
    options: { readonly name?: string; readonly partBytes?: number } = {},
  ): Promise<ModelCache> {
    const { name = 'heed-models', ...rest } = options;
    const store = (await OpfsStore.open(name)) ?? (await CacheApiStore.open(name));
    if (store) return new ModelCache(store, rest);
    const todo =
      'In Node use new ModelCache(folderStore(path)) of heed/node; in a private window go without.';
    throw new DataError('ModelCache', 'this environment has neither OPFS nor the Cache API', todo);
  }

  /** What it holds, that which was used last first. */
  async list(): Promise<CachedModel[]> {
    const all = await this.records.all();
    const states = new Map<string, FileRecord[]>();
    for (const { record } of all) {
      if (record.file === undefined || record.absent) continue;
      const id = `${record.page}\n${record.commit}`;
      states.set(id, [...(states.get(id) ?? []), record as FileRecord]);
    }
    const models = [...states.values()].map((records): CachedModel => {
      const [{ model, page, commit }] = records;
      const ours = all.filter(({ record }) => record.page === page && record.commit === commit);
      const used = ours.find(({ record }) => record.used !== undefined)?.record.used;
      const files = records.map((record) => {
        const { file: name, size, whole } = record;
        return { name, bytes: bytesHere(record), size, whole };
      });
      return {
        ...{ model, page, revision: commit, files },
        names: ours.flatMap(({ record }) => (record.ref === undefined ? [] : [record.ref])),
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        lastUsed: used === undefined ? null : new Date(used),
      };
    });
    return models.sort((a, b) => Number(b.lastUsed ?? 0) - Number(a.lastUsed ?? 0));
  }

  /**
   * Removes a model, as `list` names it, with all that is here of it, or one revision of it. Gives the bytes that it
   * freed. What reads it at this moment fails.
   */
  async delete(model: string, options: { readonly revision?: string } = {}): Promise<number> {
    const { revision } = options;
    expectOptions('ModelCache.delete', options, { revision });
    const found = (await this.list()).filter(
      (one) => one.model === model && (revision === undefined || one.revision === revision),
    );
    const { store } = this.records;
    // Drafts of records may lack where list looks, so a model goes by its keys: parts of interrupted writers are there, too.
    const all = (await this.records.all()).filter(({ record }) => record.model === model);
    const gone = new Set(
      all
        .filter(({ record }) => revision === undefined || record.commit === revision)
        .map(({ key, record }) => (record.ref === undefined ? key.replace(/[^/]*$/, '') : key)),
    );
    if (revision === undefined) for (const { record } of all) gone.add(`${modelKey(record.page!)}/`);
    for (const key of await store.keys()) {
      if ([...gone].some((start) => key === start || (start.endsWith('/') && key.startsWith(start))))
        await store.delete(key);
    }
    return found.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
