/** The Cache API, for browsers that keep OPFS from a page. Its entries are answers to addresses that no server has. */
import { browserRoom, withinRoom, type CacheStore } from './cache_store';

const PLACE = 'https://heed.invalid/';

export class CacheApiStore implements CacheStore {
  readonly title = "this site's cache storage";
  readonly #cache: Cache;

  private constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** The store in a cache of that name; null where there is no Cache API. */
  static async open(name: string): Promise<CacheApiStore | null> {
    const caches = (globalThis as { caches?: CacheStorage }).caches;
    try {
      return caches ? new CacheApiStore(await caches.open(name)) : null;
    } catch {
      return null; // private windows, frames without a site of their own
    }
  }

  async get(key: string): Promise<Blob | null> {
    const found = await this.#cache.match(PLACE + key);
    return found ? found.blob() : null;
  }

  put(key: string, content: Blob): Promise<void> {
    return withinRoom(this, content.size, () => this.#cache.put(PLACE + key, new Response(content)));
  }

  async delete(key: string): Promise<void> {
    await this.#cache.delete(PLACE + key);
  }

  async keys(): Promise<string[]> {
    return (await this.#cache.keys()).map(({ url }) => url.slice(PLACE.length));
  }

  room = browserRoom;
}
