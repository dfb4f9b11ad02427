/** A file by way of the cache: what is there is taken, what is missing is fetched, kept, and gone on with after a break. */
import {
  DataError,
  formatBytes,
  passed,
  pauseBefore,
  reason,
  throwIfAborted,
  type Progress,
} from '../../engine/index';
import { alone } from './alone';
import { bytesHere, NOTHING, type FileRecord, type StateName } from './cache_records';
import { fullError, StoreFull } from './cache_store';
import { rangeOf, sameVersion, sizeOf, tagsOf } from './http_answer';
import { Unreachable } from './hub_requests';
import type { ModelCache } from './model_cache';

export interface Wanted {
  readonly cache: ModelCache;
  readonly state: StateName;
  readonly file: string;
  /** Whether the state never changes, so that what is kept of it needs no asking. */
  readonly fixed: boolean;
  /** Asks the server; null where it has no such file. */
  readonly ask: (headers: Readonly<Record<string, string>>) => Promise<Response | null>;
  /** Throws for content that no such file has: it is not kept. */
  readonly check: (content: Blob) => Promise<void>;
  readonly onProgress: (progress: Progress) => void;
  /** Called where no server answers, and what the cache has is given. */
  readonly onOffline: (reason: Unreachable) => void;
  readonly signal?: AbortSignal;
}

/** Breaks of one download after which it is gone on with at once. */
const BREAKS = 3;
/** Answers of fewer bytes than they were asked for count as breaks, too. */
const LEAST_PART = 4096;

/**
 * The file, null where there is none. Tabs that want the same wait for each other.
 *
 * @throws StoreFull without room for it; DataError for servers that break their word; what `ask` and `check` throw.
 */
export async function cachedFile(wanted: Wanted): Promise<File | null> {
  const { state, file, fixed, signal } = wanted;
  const kept = fixed ? await keptFile(wanted) : undefined;
  if (kept !== undefined) return kept;
  try {
    return await alone(`${state.page} ${state.commit} ${file}`, () => new Keeping(wanted).run(), signal);
  } catch (error) {
    throw error instanceof StoreFull ? new StoreFull(file, error.what, error.todo, { cause: error }) : error;
  }
}

/** What the cache has: the file, null for one that the server did not have, undefined for nothing. */
export async function keptFile({
  cache,
  state,
  file,
  onProgress,
}: Pick<Wanted, 'cache' | 'state' | 'file' | 'onProgress'>): Promise<File | null | undefined> {
  const record = await cache.records.file(state, file);
  if (record?.absent) return null;
  const parts = record?.whole ? await cache.records.parts(record) : null;
  if (!parts) return undefined;
  const content = new File(parts, file);
  onProgress({ loaded: content.size, total: content.size });
  return content;
}

/** One file's way into the cache. */
class Keeping {
  readonly #wanted: Wanted;
  #record: FileRecord;
  /** Whether ranges came that were not asked for: the file is then taken as a whole. */
  #distrusted = false;
  #breaks = 0;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    this.#record = { ...wanted.state, file: wanted.file, ...NOTHING };
  }

  async run(): Promise<File | null> {
    const { cache, state, file, fixed, ask, onOffline } = this.#wanted;
    const { records } = cache;
    const known = await records.file(state, file);
    if (known && (await records.parts(known))) this.#record = known;
    for (;;) {
      const kept = this.#record.whole || this.#record.absent;
      if (fixed && kept) return this.#result(); // another tab was faster
      let answer: Response | null;
      try {
        answer = await ask(this.#headers());
      } catch (error) {
        if (!kept || !(error instanceof Unreachable)) throw error;
        onOffline(error);
        return this.#result();
      }
      if (answer === null) return this.#absent();
      if (this.#isKept(answer)) {
        await answer.body?.cancel();
        return this.#result();
      }
      if (!(await this.#begin(answer))) continue;
      if (!(await this.#receive(answer))) continue;
      const done = await this.#finish();
      if (done) return done;
      this.#broken('another process removed it');
      this.#record = { ...state, file, ...NOTHING };
    }
  }

  get #have(): number {
    return bytesHere(this.#record);
  }

  #headers(): Record<string, string> {
    const { whole, etag, validator } = this.#record;
    if (whole) return etag?.includes('"') ? { 'If-None-Match': etag } : {};
    // Without anything that tells versions apart, only what never changes is gone on with.
    if (this.#have === 0 || this.#distrusted || !(validator ?? this.#wanted.fixed)) return {};
    return { Range: `bytes=${this.#have}-`, ...(validator && { 'If-Range': validator }) };
  }

  #isKept(answer: Response): boolean {
    if (!this.#record.whole) return false;
    return (
      answer.status === 304 || (answer.status === 200 && sameVersion(this.#record, tagsOf(answer)) === true)
    );
  }

  /** Whether the answer's body is what follows; if not, the file is asked for anew. */
  async #begin(answer: Response): Promise<boolean> {
    const { cache, file } = this.#wanted;
    const record = this.#record;
    if (answer.status === 200) {
      const { exact, likely } = sizeOf(answer);
      const room = likely === null ? null : await cache.records.store.room();
      if (room && room.free + this.#have < likely!) {
        await answer.body?.cancel();
        throw await fullError(cache.records.store, file, likely!);
      }
      await cache.records.dropParts(record);
      this.#record = { ...this.#wanted.state, file, ...NOTHING, ...tagsOf(answer), size: exact };
      this.#likely = likely;
      return true;
    }
    const range = answer.status === 206 ? rangeOf(answer) : null;
    const follows =
      range?.start === this.#have &&
      this.#have > 0 &&
      sameVersion(record, tagsOf(answer)) !== false &&
      (range.total ?? record.size) === (record.size ?? range.total);
    if (follows) {
      this.#record = { ...record, size: range.total ?? record.size };
      return true;
    }
    await answer.body?.cancel();
    if (this.#distrusted) {
      const what = `the whole file was asked for, but the server answered ${answer.status} (${answer.headers.get('content-range') ?? 'no Content-Range'})`;
      throw new DataError(file, what, 'Its range requests are broken: take the file from elsewhere.');
    }
    this.#distrusted = true;
    await cache.records.dropParts(record);
    this.#record = { ...this.#wanted.state, file, ...NOTHING };
    return false;
  }

  /** Bytes in all for a bar, where the answer only suggests them. */
  #likely: number | null = null;

  /** Keeps what comes, also of a download that is aborted or breaks. Whether it is all there. */
  async #receive(answer: Response): Promise<boolean> {
    const { cache, file, onProgress, signal } = this.#wanted;
    const reader = answer.body?.getReader();
    const before = this.#have;
    let chunks: Uint8Array<ArrayBuffer>[] = [];
    let held = 0;
    const keep = async (): Promise<void> => {
      if (held === 0) return;
      this.#record = await cache.records.addPart(this.#record, new Blob(chunks));
      [chunks, held] = [[], 0];
    };
    let broke: unknown = null;
    try {
      while (reader) {
        const step = await reader.read().catch((cause: unknown) => ({ cause, value: undefined }));
        if ('cause' in step) broke = step.cause;
        if (!step.value) break;
        chunks.push(step.value);
        held += step.value.length;
        const { size } = this.#record;
        const loaded = this.#have + held;
        if (size !== null && loaded > size) {
          await cache.records.dropParts(this.#record);
          const what = `the server sent more than the ${size} bytes that it announced`;
          throw new DataError(file, what, 'Its answers cannot be trusted: take the file from elsewhere.');
        }
        onProgress({ loaded, total: size ?? this.#likely });
        if (held >= cache.partBytes) await keep();
      }
      await keep();
    } catch (error) {
      await reader?.cancel().catch(() => undefined);
      throw error;
    }
    throwIfAborted(signal);
    const { size } = this.#record;
    if (broke === null && (size === null || size === this.#have)) return true;
    // Servers may answer a part of what is asked.
    if (broke === null && answer.status === 206 && this.#have - before >= LEAST_PART) return false;
    this.#broken(broke === null ? 'it ended' : reason(broke), broke);
    await passed(pauseBefore(this.#breaks), signal);
    return false;
  }

  /** Counts a break; throws `DataError` once there were too many. */
  #broken(why: string, cause?: unknown): void {
    if (++this.#breaks <= BREAKS) return;
    const { size } = this.#record;
    const of = size === null ? '' : ` of ${formatBytes(size)}`;
    const what = `the connection broke after ${formatBytes(this.#have)}${of} (${why}), ${this.#breaks} times`;
    throw new DataError(this.#wanted.file, what, 'What came is kept: load it again to go on.', { cause });
  }

  /** The whole file, checked; null where parts of it are gone, by another process that began anew. */
  async #finish(): Promise<File | null> {
    const { cache, state, file, check } = this.#wanted;
    const { records } = cache;
    const content = await this.#result();
    const other = await records.file(state, file);
    const same = other?.whole && sameVersion(this.#record, other) !== false;
    if (same && (await records.parts(other))) {
      // Another process was faster: what it has may be in use already.
      await records.dropParts(this.#record, other);
      this.#record = other;
      return this.#result();
    }
    if (!content) return null;
    try {
      await check(content);
    } catch (error) {
      await records.dropParts(this.#record);
      throw error;
    }
    this.#record = { ...this.#record, size: content.size, whole: true };
    await records.putFile(this.#record);
    return content;
  }

  async #absent(): Promise<null> {
    const { cache, state, file } = this.#wanted;
    await cache.records.dropParts(this.#record);
    await cache.records.putFile({ ...state, file, ...NOTHING, absent: true });
    return null;
  }

  async #result(): Promise<File | null> {
    const { cache, file, onProgress } = this.#wanted;
    const parts = this.#record.absent ? null : await cache.records.parts(this.#record);
    if (!parts) return null;
    const content = new File(parts, file);
    onProgress({ loaded: content.size, total: content.size });
    return content;
  }
}
