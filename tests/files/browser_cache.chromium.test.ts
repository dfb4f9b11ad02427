// The browser's own stores, in Chromium: OPFS and the Cache API keep files, and two tabs do each other no harm.
import { expect, test } from 'vitest';
import { CacheApiStore } from '../../models/files/cache_api_store';
import { hub } from '../../models/files/hub';
import { ModelCache } from '../../models/files/model_cache';
import { OpfsStore } from '../../models/files/opfs_store';
import { host } from '../harness/host';
import { keepsToContract } from './store_contract';

const browser = host.name === 'chromium';
const COMMIT = 'c'.repeat(40);

test.runIf(browser)('OPFS is a store', async () => {
  const store = await OpfsStore.open('heed-test-contract');
  await keepsToContract(store!);
});

test.runIf(browser)('the Cache API is a store', async () => {
  const store = await CacheApiStore.open('heed-test-contract');
  await keepsToContract(store!);
});

/** A server of one file that counts what it is asked for, and may stop half-way. */
function serverOf(content: Uint8Array<ArrayBuffer>) {
  const asked: (string | null)[] = [];
  let most = Infinity;
  const fetch: typeof globalThis.fetch = (_, init) => {
    const range = new Headers(init?.headers).get('range');
    asked.push(range);
    const start = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
    const last = Math.min(content.length, start + most);
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(content.slice(start, last));
        if (last === content.length) controller.close();
      },
    });
    const headers = {
      ...{ etag: '"x"', 'content-length': String(content.length - start) },
      ...(range && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    };
    return Promise.resolve(new Response(body, { status: range ? 206 : 200, headers }));
  };
  return { asked, fetch, stopAfter: (bytes: number) => void (most = bytes) };
}

test.runIf(browser)('a download goes on after a reload, and a second visit asks for nothing', async () => {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => i % 253);
  const cache = await ModelCache.open({ name: 'heed-test-visits', partBytes: 16_384 });
  await cache.delete('owner/bytes');
  const server = serverOf(content);
  const visit = async (): Promise<Uint8Array> => {
    const folder = hub('owner/bytes', { revision: COMMIT, cache, fetch: server.fetch });
    return new Uint8Array(await ((await folder('data.bin')) as Blob).arrayBuffer());
  };
  // A tab that is closed: its download never ends, and the next tab finds what was kept. Locks end with their tab, so
  // this one goes around them.
  server.stopAfter(40_000);
  Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
  try {
    void visit();
    while ((await cache.list())[0]?.bytes !== 40_000) await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    delete (navigator as { locks?: LockManager }).locks; // its prototype has them
  }
  server.stopAfter(Infinity);
  // Tabs wait for each other by Web Locks, which are the same within a tab.
  const [one, other] = await Promise.all([visit(), visit()]);
  expect(one).toEqual(content);
  expect(other).toEqual(content);
  expect(server.asked).toEqual([null, 'bytes=40000-']);
  expect(await visit()).toEqual(content);
  expect(server.asked).toHaveLength(2);
  const [listed] = await cache.list();
  expect(listed).toMatchObject({ model: 'owner/bytes', revision: COMMIT, bytes: 100_000 });
  expect(await cache.delete('owner/bytes')).toBe(100_000);
  expect(await cache.list()).toEqual([]);
});

test.runIf(!browser)('without a browser there is neither, which is told', async () => {
  await expect(ModelCache.open()).rejects.toThrow(
    /neither OPFS nor the Cache API.*folderStore\(path\)\) of heed\/node/,
  );
});
