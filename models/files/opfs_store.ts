/** The browser's file system of this site (OPFS), which no person sees: https://fs.spec.whatwg.org */
import { browserRoom, withinRoom, type CacheStore } from './cache_store';

type Walk = FileSystemDirectoryHandle & { entries(): AsyncIterable<[string, FileSystemHandle]> };

export class OpfsStore implements CacheStore {
  readonly title = "this site's storage";
  readonly #root: FileSystemDirectoryHandle;

  private constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  /** The store in a folder of that name; null where the browser has no OPFS, or keeps it from this page. */
  static async open(name: string): Promise<OpfsStore | null> {
    const { storage } = (globalThis.navigator as Partial<Navigator> | undefined) ?? {};
    const writable = (globalThis as { FileSystemFileHandle?: { prototype: object } }).FileSystemFileHandle;
    // Older Safari writes only in workers, by other means.
    if (!storage?.getDirectory || !writable || !('createWritable' in writable.prototype)) return null;
    try {
      const root = await storage.getDirectory();
      return new OpfsStore(await root.getDirectoryHandle(name, { create: true }));
    } catch {
      return null; // private windows
    }
  }

  async get(key: string): Promise<Blob | null> {
    try {
      const { folder, name } = await this.#place(key, false);
      return await (await folder.getFileHandle(name)).getFile();
    } catch (cause) {
      return orMissing(cause, null);
    }
  }

  put(key: string, content: Blob): Promise<void> {
    return withinRoom(this, content.size, async () => {
      const { folder, name } = await this.#place(key, true);
      const file = await folder.getFileHandle(name, { create: true });
      const writable = await file.createWritable(); // a copy beside the file, which close puts in its place
      try {
        await writable.write(content);
        await writable.close();
      } catch (cause) {
        await writable.abort().catch(() => undefined);
        if ((await file.getFile()).size === 0) await folder.removeEntry(name).catch(() => undefined);
        throw cause;
      }
    });
  }

  async delete(key: string): Promise<void> {
    const words = key.split('/');
    try {
      for (let depth = words.length; depth > 0; depth--) {
        const { folder, name } = await this.#place(words.slice(0, depth).join('/'), false);
        await folder.removeEntry(name); // fails for a folder that holds more
      }
    } catch (cause) {
      if ((cause as Error).name !== 'InvalidModificationError') orMissing(cause, null);
    }
  }

  async keys(): Promise<string[]> {
    const found: string[] = [];
    const walk = async (folder: FileSystemDirectoryHandle, path: string): Promise<void> => {
      for await (const [name, handle] of (folder as Walk).entries()) {
        if (handle.kind === 'file') found.push(path + name);
        else await walk(handle as FileSystemDirectoryHandle, `${path}${name}/`);
      }
    };
    await walk(this.#root, '');
    return found;
  }

  room = browserRoom;

  async #place(key: string, create: boolean): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
    const words = key.split('/');
    const name = words.pop()!;
    let folder = this.#root;
    for (const word of words) folder = await folder.getDirectoryHandle(word, { create });
    return { folder, name };
  }
}

function orMissing<T>(cause: unknown, missing: T): T {
  // What is not there, and folders.
  if (/^(NotFound|TypeMismatch)Error$/.test((cause as Error).name)) return missing;
  throw cause;
}
