/** What every store of a cache does. */
import { expect } from 'vitest';
import type { CacheStore } from '../../models/files/cache_store';

export async function keepsToContract(store: CacheStore): Promise<void> {
  const text = async (key: string): Promise<string | null> => (await (await store.get(key))?.text()) ?? null;
  expect(await store.keys()).toEqual([]);
  expect(await store.get('a/b/c')).toBeNull();
  await store.delete('a/b/c');
  await store.put('a/b/c', new Blob(['one']));
  await store.put('a/b/d.json', new Blob(['two']));
  await store.put('a/e', new Blob([]));
  expect([await text('a/b/c'), await text('a/b/d.json'), await text('a/e'), await store.get('a/b')]).toEqual([
    'one',
    'two',
    '',
    null,
  ]);
  await store.put('a/b/c', new Blob(['three'])); // in the place of what was
  expect(await text('a/b/c')).toBe('three');
  expect((await store.keys()).sort()).toEqual(['a/b/c', 'a/b/d.json', 'a/e']);
  // Parts become one file, of which any piece can be read.
  const parts = await Promise.all(['a/b/c', 'a/b/d.json', 'a/b/c'].map((key) => store.get(key)));
  const whole = new File(parts as Blob[], 'whole');
  expect([
    await whole.text(),
    await whole.slice(4, 9).text(),
    await whole.slice(7).text(),
    whole.size,
  ]).toEqual(['threetwothree', 'etwot', 'othree', 13]);
  await store.delete('a/b/c');
  expect(await store.get('a/b/c')).toBeNull();
  expect((await store.keys()).sort()).toEqual(['a/b/d.json', 'a/e']);
  const room = await store.room();
  if (room) expect(Math.min(room.free, room.used)).toBeGreaterThanOrEqual(0);
  for (const key of await store.keys()) await store.delete(key);
  expect(await store.keys()).toEqual([]);
}
