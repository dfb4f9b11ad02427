/** Models of the Hugging Face hub, or of a folder on any server, as `load` takes them. */
import { EngineError, expectOneOf, expectOptions, type RemoteFile } from '../../engine/index';
import { addressOf } from './hub_address';
import type { HubNotice, HubProgress } from './hub_progress';
import { HubRequests } from './hub_requests';
import { HubSource } from './hub_source';
import { ModelCache } from './model_cache';

/** Revision, server, token and cache of `hub`. */
export interface HubOptions {
  /** A branch, a tag or a commit. Default 'main'. All files are of the commit that it was when the first was asked for. */
  readonly revision?: string;
  /** The hub, or a mirror of it. Default https://huggingface.co. */
  readonly endpoint?: string;
  /** An access token, for gated and private models. It goes to `endpoint` alone, and is kept nowhere. */
  readonly token?: string;
  /** Where files are kept. Default null: weights are streamed to the device each time. */
  readonly cache?: ModelCache | null;
  /** Without room in the cache: an error with the numbers, or the file is read without keeping it. Default 'stop'. */
  readonly whenFull?: 'stop' | 'stream';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: HubProgress) => void;
  /** Called where something else is done than was asked: no server answers and the cache is used; it is full. */
  readonly onNotice?: (notice: HubNotice) => void;
  /** Instead of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A `ModelFolder`: finds files by their names, null where there is none. Weights that are not cached come as addresses. */
export interface HubFolder {
  (name: string): Promise<Blob | RemoteFile | null>;
  /** The same, but weights that the cache does not have are read where they are: for `inspect`, which wants little of them. */
  readonly peek: (name: string) => Promise<Blob | RemoteFile | null>;
  /** The address of a file, for what fetches by itself. */
  readonly url: (name: string) => string;
}

/**
 * The folder of a model: `load(hub('openai-community/gpt2', { cache }), { device, families })`. `model` is an id of the hub,
 * or the address of a folder. Nothing is asked for before a file is.
 *
 * @throws DataError for ids, revisions and addresses of another form, and for tokens that could not be kept secret. Files
 * throw DataError for what the server refuses (gated and private models, busy servers) and where it cannot be reached.
 */
export function hub(model: string | URL, options: HubOptions = {}): HubFolder {
  const {
    revision,
    endpoint,
    token,
    cache = null,
    whenFull = 'stop',
    signal,
    onProgress,
    onNotice,
    fetch,
  } = options;
  expectOptions('hub', options, {
    ...{ revision, endpoint, token, cache, whenFull, signal, onProgress, onNotice, fetch },
  });
  expectOneOf('hub', 'whenFull', whenFull, ['stop', 'stream']);
  if (cache !== null && !(cache instanceof ModelCache))
    throw new EngineError('hub', 'cache is no ModelCache', 'Give await ModelCache.open(), or null.');
  const address = addressOf(model, {
    ...(revision !== undefined && { revision }),
    ...(endpoint !== undefined && { endpoint }),
  });
  const requests = new HubRequests(address, token, fetch);
  const source = new HubSource(address, requests, options);
  return Object.assign((name: string) => source.find(name), {
    peek: (name: string) => source.peek(name),
    url: (name: string) => address.file(name),
  });
}
