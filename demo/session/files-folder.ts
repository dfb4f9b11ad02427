/** Files in memory as a model's folder. */
import type { ModelFolder } from '../../models/index';

export const folderOfFiles =
  (files: ReadonlyMap<string, Blob>): ModelFolder =>
  (name) =>
    Promise.resolve(files.get(name) ?? null);
