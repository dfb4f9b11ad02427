/** A file on disk in which `tuneDevice` keeps what it found, in Node and in what runs its modules. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { TuningStore } from '../../engine/index';

/** The last write of each file: the next one waits for it, or it would put back what it read before. */
const writes = new Map<string, Promise<void>>();

/**
 * Rungs by adapter as JSON. The file is made when there is something to keep, and replaced as a whole, so that other processes
 * see the old one or the new one; of two processes that write at once, one's may be lost. A file that is no JSON object is an error,
 * and is left as it is.
 */
export function tuningFile(path: string): TuningStore {
  const file = resolve(path);
  const all = async (): Promise<Record<string, unknown>> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw cause;
    }
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${file} holds no object`);
    return value as Record<string, unknown>;
  };
  const put = async (key: string, text: string): Promise<void> => {
    const kept = { ...(await all()), [key]: JSON.parse(text) as unknown };
    await mkdir(dirname(file), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    try {
      await writeFile(draft, `${JSON.stringify(kept, null, 2)}\n`);
      await rename(draft, file);
    } catch (cause) {
      await rm(draft, { force: true });
      throw cause;
    }
  };
  return {
    async read(key) {
      const kept = await all();
      return Object.hasOwn(kept, key) ? JSON.stringify(kept[key]) : null;
    },
    async write(key, text) {
      const before = writes.get(file) ?? Promise.resolve();
      const own = before.then(
        () => put(key, text),
        () => put(key, text), // who wrote that was told
      );
      writes.set(file, own);
      try {
        await own;
      } finally {
        if (writes.get(file) === own) writes.delete(file);
      }
    },
  };
}
