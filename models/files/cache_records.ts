/** What a cache knows about the files that it holds. Each part of a file and each record is an entry of the store. */
import { asHex, EngineError, fnv1aOfText } from '../../engine/index';
import type { CacheStore } from './cache_store';

/** A state of a model: a commit, or where a server has none a branch or the folder as it is (''). */
export interface StateName {
  /** The page of the model: endpoints may have different models of one id. */
  readonly page: string;
  readonly model: string;
  readonly commit: string;
}

export interface FileRecord extends StateName {
  readonly file: string;
  /** Bytes in all; null while the server has not said. */
  readonly size: number | null;
  /** The hub's own tag of large files (X-Linked-ETag), which stays when the server behind it changes. */
  readonly linked: string | null;
  readonly etag: string | null;
  /** What If-Range takes: a strong ETag, or a date. */
  readonly validator: string | null;
  /** What is here of it, one after the other: where in the store, and how many bytes. */
  readonly parts: readonly { readonly key: string; readonly bytes: number }[];
  /** Whether all of it is here, and was checked. */
  readonly whole: boolean;
  /** The server has no such file. */
  readonly absent: boolean;
}

/** What a branch or tag was when it was last asked for. */
export interface RefRecord {
  readonly page: string;
  readonly model: string;
  readonly ref: string;
  readonly commit: string;
}

export interface UseRecord extends StateName {
  /** When it was last opened: milliseconds since 1970. */
  readonly used: number;
}

/** Of a file of which nothing is here yet. */
export const NOTHING = {
  ...{ size: null, linked: null, etag: null, validator: null, parts: [] },
  ...{ whole: false, absent: false },
} as const;

export class CacheRecords {
  readonly store: CacheStore;

  constructor(store: CacheStore) {
    this.store = store;
  }

  /** Null where nothing is known, or what is there cannot be used. */
  async file(state: StateName, file: string): Promise<FileRecord | null> {
    const record = await this.#json<FileRecord>(fileKey(state, file));
    const { page, commit } = record ?? {};
    const ours = record?.file === file && page === state.page && commit === state.commit;
    const start = partStart(state, file);
    const good = (part: unknown): boolean =>
      typeof (part as FileRecord['parts'][0] | null)?.key === 'string' &&
      (part as FileRecord['parts'][0]).key.startsWith(start) &&
      !(part as FileRecord['parts'][0]).key.slice(start.length).includes('/');
    return ours && Array.isArray(record.parts) && record.parts.every(good) ? record : null;
  }

  putFile(record: FileRecord): Promise<void> {
    return this.#put(fileKey(record, record.file), record);
  }

  /** All parts in order; null where one is missing or has another length. */
  async parts({ parts }: FileRecord): Promise<Blob[] | null> {
    const found = await Promise.all(parts.map(({ key }) => this.store.get(key)));
    return found.every((part, i) => part?.size === parts[i].bytes) ? (found as Blob[]) : null;
  }

  /** Adds what follows the parts that are there, under a key that nobody else has; the record that knows it. */
  async addPart(record: FileRecord, content: Blob): Promise<FileRecord> {
    const key = partStart(record, record.file) + globalThis.crypto.randomUUID();
    await this.store.put(key, content);
    const longer = { ...record, parts: [...record.parts, { key, bytes: content.size }] };
    await this.putFile(longer);
    return longer;
  }

  /** Removes a file's bytes but those that `other`, which knows it too, has. */
  async dropParts(record: FileRecord, other: FileRecord | null = null): Promise<void> {
    if (!other && (record.parts.length > 0 || record.absent))
      await this.store.delete(fileKey(record, record.file));
    const kept = new Set(other?.parts.map(({ key }) => key));
    for (const { key } of record.parts) if (!kept.has(key)) await this.store.delete(key);
  }

  async commitOf(page: string, ref: string): Promise<string | null> {
    const record = await this.#json<RefRecord>(refKey(page, ref));
    return record?.page === page && record.ref === ref && typeof record.commit === 'string'
      ? record.commit
      : null;
  }

  putRef(record: RefRecord): Promise<void> {
    return this.#put(refKey(record.page, record.ref), record);
  }

  /** Marks a state as used now. */
  touch({ page, model, commit }: StateName): Promise<void> {
    return this.#put(`${stateKey({ page, commit })}/used.json`, { page, model, commit, used: Date.now() });
  }

  /** All records, with their keys: of files, of use, of branches. */
  async all(): Promise<{ key: string; record: Partial<FileRecord & RefRecord & UseRecord> }[]> {
    const keys = (await this.store.keys()).filter((key) => key.endsWith('.json'));
    const found = await Promise.all(
      keys.map(async (key) => ({ key, record: await this.#json<FileRecord & RefRecord & UseRecord>(key) })),
    );
    return found.flatMap(({ key, record }) => (record ? [{ key, record }] : []));
  }

  async #put(key: string, record: object): Promise<void> {
    await this.store.put(key, new Blob([JSON.stringify(record)]));
  }

  /** Null also for what cannot be read: another process may be just replacing it. */
  async #json<T extends object>(key: string): Promise<T | null> {
    try {
      const blob = await this.store.get(key);
      const value: unknown = blob && JSON.parse(await blob.text());
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as T) : null;
    } catch (error) {
      if (error instanceof EngineError) throw error;
      return null;
    }
  }
}

/**
 * A word of a key: what a person recognises of a text, and a hash that tells texts apart, in file systems that have no
 * case, too. Records hold the text itself, so that equal hashes are no more than a file that is not cached.
 */
function word(text: string): string {
  const readable = text
    .replace(/^https?:\/\//, '')
    .replace(/[^\w.-]+/g, '-')
    .toLowerCase();
  return `${readable.slice(-60).replace(/^[-.]+/, '')}-${asHex(fnv1aOfText(text))}`;
}

export const modelKey = (page: string): string => word(page);
const stateKey = ({ page, commit }: Omit<StateName, 'model'>): string => `${word(page)}/at-${word(commit)}`;
const fileKey = (state: StateName, file: string): string => `${stateKey(state)}/${word(file)}.json`;
const refKey = (page: string, ref: string): string => `${word(page)}/ref-${word(ref)}.json`;

const partStart = (state: StateName, file: string): string => `${stateKey(state)}/${word(file)}.part-`;

/** Bytes that are here of a file. */
export const bytesHere = ({ parts }: FileRecord): number => parts.reduce((sum, { bytes }) => sum + bytes, 0);
