/** A folder on disk as the place of a `ModelCache`, in Node and in what runs its modules. */
import { openAsBlob } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { withinRoom, type CacheStore, type Room } from '../files/cache_store';

/** Where files are written before they are renamed into place. */
const DRAFTS = '.drafts';
/** How often a file that vanishes as it is opened is looked for again. */
const TRIES = 20;
/** Drafts that are older have no writer any more. */
const STALE_MS = 24 * 3600 * 1000;

/**
 * A store in a folder, which is made when something is put there. Files are written beside their place and renamed, so
 * that other processes, and the next one after a crash, see all of a file or nothing.
 */
export function folderStore(path: string): CacheStore {
  return new FolderStore(resolve(path));
}

class FolderStore implements CacheStore {
  readonly title: string;
  readonly #root: string;
  #swept = false;

  constructor(root: string) {
    this.#root = root;
    this.title = `the folder ${root}`;
  }

  async get(key: string): Promise<Blob | null> {
    const path = this.#path(key);
    for (let left = TRIES; ; left--) {
      try {
        if (!(await stat(path)).isFile()) return null;
        return await openAsBlob(path);
      } catch (cause) {
        // Where another process removed it in between, Node does not say that it is missing: the next look does.
        if ((cause as NodeJS.ErrnoException).code !== 'ERR_INVALID_ARG_VALUE' || left === 0)
          return orMissing(cause, null);
      }
    }
  }

  put(key: string, content: Blob): Promise<void> {
    return withinRoom(this, content.size, async () => {
      await this.#sweep();
      const path = this.#path(key);
      const draft = join(this.#root, DRAFTS, globalThis.crypto.randomUUID());
      await mkdir(dirname(draft), { recursive: true });
      try {
        await writeFile(draft, new Uint8Array(await content.arrayBuffer()));
        await mkdir(dirname(path), { recursive: true });
        await rename(draft, path);
      } catch (cause) {
        await rm(draft, { force: true });
        throw cause;
      }
    });
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await rm(path, { force: true });
    try {
      for (let folder = dirname(path); folder !== this.#root; folder = dirname(folder)) await rmdir(folder);
    } catch {
      // It holds more, or another process was faster.
    }
  }

  async keys(): Promise<string[]> {
    const entries = await readdir(this.#root, { recursive: true, withFileTypes: true }).catch(
      (cause: unknown) => orMissing(cause, []),
    );
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.#root, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((key) => !key.startsWith(`${DRAFTS}/`));
  }

  async room(): Promise<Room | null> {
    await mkdir(this.#root, { recursive: true });
    const { bavail, blocks, bfree, bsize } = await statfs(this.#root);
    return { used: (blocks - bfree) * bsize, free: bavail * bsize };
  }

  #path(key: string): string {
    return join(this.#root, ...key.split('/'));
  }

  /** Removes what crashed processes have left. */
  async #sweep(): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    const folder = join(this.#root, DRAFTS);
    for (const name of await readdir(folder).catch((cause: unknown) => orMissing(cause, []))) {
      const path = join(folder, name);
      const found = await stat(path).catch((cause: unknown) => orMissing(cause, null));
      if (found && Date.now() - found.mtimeMs > STALE_MS) await rm(path, { force: true });
    }
  }
}

function orMissing<T>(cause: unknown, missing: T): T {
  if ((cause as { code?: unknown }).code === 'ENOENT') return missing;
  throw cause;
}
