/** Finds the files of a model, wherever it is. */
import { hub, type HubProgress, type ModelCache, type ModelFolder } from '../../../models/index';
import { DataError } from '../../../engine/index';
import { servedFolder } from '../../session/fetched';
import type { Source } from './protocol';

export interface SourceOptions {
  readonly cache: ModelCache | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: HubProgress) => void;
  readonly onNotice: (message: string) => void;
}

/** A model as people paste it: an id, a page of the hub, or the address of a folder. */
export function named(text: string): { readonly model: string; readonly revision?: string } {
  const given = text.trim();
  const page =
    /^https?:\/\/(?:www\.)?huggingface\.co\/([\w.-]+\/[\w.-]+|[\w.-]+)(?:\/(?:tree|blob|resolve)\/([^/?#]+))?(?:[/?#].*)?$/i;
  const [, id, revision] = page.exec(given) ?? [];
  if (id) return { model: id, ...(revision !== undefined && { revision: decodeURIComponent(revision) }) };
  if (given === '')
    throw new DataError('Model', 'none is named', 'Write an id such as openai-community/gpt2.');
  return { model: given };
}

export function titleOf(source: Source): string {
  if (source.kind === 'hub') return source.model;
  return source.kind === 'files' ? source.title : source.id;
}

export function folderOf(source: Source, options: SourceOptions): ModelFolder {
  if (source.kind === 'files') return source.files;
  if (source.kind === 'shipped') return servedFolder(source.files, options.signal);
  const { cache, signal, onProgress, onNotice } = options;
  const { model, revision, token } = source;
  return hub(model, {
    ...{ cache, signal, onProgress, whenFull: 'stream', onNotice: ({ message }) => onNotice(message) },
    ...(revision && { revision }),
    ...(token && { token }),
  });
}
