/** Finds the files of a model: in the cache, or on the server. */
import { DataError, openSafetensors, throwIfAborted, type RemoteFile } from '../../engine/index';
import { cachedFile, keptFile } from './cached_file';
import type { StateName } from './cache_records';
import { StoreFull } from './cache_store';
import { isCommit, type ModelAddress } from './hub_address';
import { Tally, type HubNotice, type HubProgress } from './hub_progress';
import { type HubRequests, Unreachable } from './hub_requests';
import type { ModelCache } from './model_cache';

/** Of `HubOptions`. */
export interface SourceOptions {
  readonly cache?: ModelCache | null;
  readonly whenFull?: 'stop' | 'stream';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
  readonly onNotice?: (notice: HubNotice) => void;
}

/** Which state of the model files are of. */
interface Pinned {
  /** Null where the server has no commits. */
  readonly commit: string | null;
  /** The answer that told it, of config.json. */
  readonly first: { readonly body: Blob; readonly headers: Headers } | null;
}

const FIRST = 'config.json';
/** Files that are downloaded at once. */
const AT_ONCE = 4;

/** What finds the files of `hub`. */
export class HubSource {
  readonly #address: ModelAddress;
  readonly #requests: HubRequests;
  readonly #cache: ModelCache | null;
  readonly #options: SourceOptions;
  readonly #tally: Tally;
  readonly #running = new Set<Promise<void>>();
  #pinned: Promise<Pinned> | null = null;
  #touched = false;
  #told = false;

  constructor(address: ModelAddress, requests: HubRequests, options: SourceOptions) {
    this.#address = address;
    this.#requests = requests;
    this.#options = options;
    this.#cache = options.cache ?? null;
    this.#tally = new Tally(options.onProgress);
  }

  async find(name: string): Promise<Blob | RemoteFile | null> {
    const { whenFull } = this.#options;
    const pinned = await this.#now(name);
    if (!this.#cache) return this.#direct(name, pinned);
    const cache = this.#cache;
    try {
      return await this.#few(() => this.#cached(name, pinned, cache));
    } catch (error) {
      if (!(error instanceof StoreFull) || whenFull !== 'stream') throw error;
      this.#options.onNotice?.({
        kind: 'full',
        message: `${name} is read without being kept: ${error.what}`,
      });
      return this.#direct(name, pinned);
    }
  }

  async peek(name: string): Promise<Blob | RemoteFile | null> {
    if (!name.endsWith('.safetensors') || !this.#cache) return this.find(name);
    const pinned = await this.#now(name);
    const onProgress = (): void => undefined; // nothing comes
    const kept =
      pinned.commit === null
        ? undefined
        : await keptFile({ cache: this.#cache, state: this.#state(pinned), file: name, onProgress });
    return kept === undefined ? this.#direct(name, pinned) : kept;
  }

  /** The state that all files are of; refuses names that lead out of it. */
  async #now(name: string): Promise<Pinned> {
    throwIfAborted(this.#options.signal);
    this.#address.file(name);
    this.#pinned ??= this.#pin();
    try {
      return await this.#pinned;
    } catch (error) {
      this.#pinned = null; // the next file asks again
      throw error;
    }
  }

  #state({ commit }: Pinned): StateName {
    const { page, model, revision } = this.#address;
    return { page, model, commit: commit ?? revision ?? '' };
  }

  /** Work of which only a few may be done at once: all shards of a model are asked for together, and each holds a part. */
  async #few<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running.size >= AT_ONCE) await Promise.race(this.#running);
    const doing = work();
    const over = doing.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(over);
    try {
      return await doing;
    } finally {
      this.#running.delete(over);
    }
  }

  /** What a branch is now: the server says with any file of it. */
  async #pin(): Promise<Pinned> {
    const { revision, page, model } = this.#address;
    if (revision === null) return { commit: null, first: null };
    if (isCommit(revision)) return { commit: revision, first: null };
    const records = this.#cache?.records;
    let answer: Response | null;
    try {
      answer = await this.#requests.get(FIRST, null, this.#aborting());
    } catch (error) {
      if (!(error instanceof Unreachable && records)) throw error;
      const last = await records.commitOf(page, revision);
      if (last) this.#offline(error);
      return { commit: last, first: null };
    }
    const told = answer?.headers.get('x-repo-commit') ?? null;
    const commit = isCommit(told) ? told : null;
    if (commit) await records?.putRef({ page, model, ref: revision, commit });
    if (!answer) return { commit, first: null };
    const body = await this.#requests.body(FIRST, answer, this.#options.signal);
    const headers = new Headers(answer.headers);
    headers.delete('content-encoding'); // it is undone
    headers.set('content-length', String(body.size));
    return { commit, first: { body, headers } };
  }

  async #cached(name: string, pinned: Pinned, cache: ModelCache): Promise<Blob | null> {
    const { commit, first } = pinned;
    const { signal } = this.#options;
    const state = this.#state(pinned);
    let early = name === FIRST ? first : null;
    const found = await cachedFile({
      ...{ cache, state, file: name, fixed: commit !== null },
      ask: (headers) => {
        const now = early;
        early = null;
        if (now) return Promise.resolve(new Response(now.body, { headers: now.headers }));
        return this.#requests.get(name, commit, { headers, ...this.#aborting() });
      },
      check: (content) => checkContent(name, content),
      onProgress: (progress) => this.#tally.report(name, progress),
      onOffline: (reason) => this.#offline(reason),
      ...(signal && { signal }),
    });
    if (found && !this.#touched) {
      this.#touched = true;
      await cache.records.touch(state);
    }
    return found;
  }

  async #direct(name: string, { commit, first }: Pinned): Promise<Blob | RemoteFile | null> {
    const onProgress = (progress: { loaded: number; total: number | null }) =>
      this.#tally.report(name, progress);
    if (name.endsWith('.safetensors'))
      return { address: this.#address.file(name, commit), fetch: this.#requests.reader(name), onProgress };
    const early = name === FIRST ? first : null;
    const answer = early ? null : await this.#requests.get(name, commit, this.#aborting());
    const content = answer ? await this.#requests.body(name, answer, this.#options.signal) : early?.body;
    if (!content) return null;
    onProgress({ loaded: content.size, total: content.size });
    return new File([content], name);
  }

  #offline({ where, what }: Unreachable): void {
    if (this.#told) return;
    this.#told = true;
    const message = `${where}: ${what}. What the cache has of ${this.#address.model} is used as it is.`;
    this.#options.onNotice?.({ kind: 'offline', message });
  }

  #aborting(): { signal?: AbortSignal } {
    const { signal } = this.#options;
    return signal ? { signal } : {};
  }
}

/** Throws `DataError` for what no file of that name holds: a log-in page, or half of it. */
async function checkContent(name: string, content: Blob): Promise<void> {
  if (name.endsWith('.safetensors')) await openSafetensors(content);
  if (!name.endsWith('.json')) return;
  try {
    JSON.parse(await content.text());
  } catch (cause) {
    throw new DataError(name, 'what the server sent is not JSON', 'Check the address, and the network.', {
      cause,
    });
  }
}
