/** Models that commands run: folders on disk, or of the hub. */
import { existsSync, openAsBlob, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DataError, isOutside } from '../engine/index';
import { hub, ModelCache, type ModelFolder } from '../models/index';
import { folderStore } from '../models/node/index';
import { UsageError } from './options';

/** Where files of the hub are kept: HEED_CACHE, or `heed` in the place that the system has for caches. */
export function cacheFolder(): string {
  const { HEED_CACHE, XDG_CACHE_HOME } = process.env;
  return HEED_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'heed');
}

/**
 * A folder on disk, where there is one of that name, else a model of the hub, from the cache or into it; HF_TOKEN is its access token.
 * Throws `UsageError` for a path that leads nowhere.
 */
export function modelFolder(model: string): ModelFolder {
  if (existsSync(model)) {
    if (!statSync(model).isDirectory()) {
      throw new UsageError('MODEL', `${model} is no folder`, 'Give the folder of a Hugging Face model.');
    }
    return async (name) => {
      if (isOutside(name)) {
        const what = `the file ${JSON.stringify(name)} lies outside of the model`;
        throw new DataError(model, what, 'Use another model.');
      }
      const path = join(model, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (!found) return null;
      if (!found.isFile())
        throw new DataError(path, 'it is no file', 'Give the folder of a Hugging Face model.');
      return openAsBlob(path);
    };
  }
  // Ids of the hub have at most one slash.
  if (!/^https?:/i.test(model) && /^$|^[./~]|\\|:|\/.*\//.test(model)) {
    throw new UsageError(
      'MODEL',
      `there is no folder ${JSON.stringify(model)}`,
      'Give one, or an id of the hub such as gpt2.',
    );
  }
  const { HF_TOKEN: token } = process.env;
  let told = performance.now();
  return hub(model, {
    cache: new ModelCache(folderStore(cacheFolder())),
    whenFull: 'stream',
    ...(token && { token }),
    onNotice: ({ message }) => process.stderr.write(`heed: ${message}\n`),
    onProgress: ({ loaded, total }) => {
      if (!process.stderr.isTTY || performance.now() - told < 1000) return;
      told = performance.now();
      const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      process.stderr.write(`${megabytes(loaded)} of ${total === null ? 'some' : megabytes(total)} MiB\n`);
    },
  });
}
