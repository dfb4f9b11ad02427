// The file of `tuneDevice` in Node.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tuningFile } from '../../models/node/index';

let place: string;
let file: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'heed-tuning-'));
  file = join(place, 'below', 'tuning.json');
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

it('keeps what several write at once, each in its own store of one file', async () => {
  const keys = Array.from({ length: 12 }, (_, i) => `adapter ${i}`);
  await Promise.all(keys.map((key, i) => tuningFile(file).write(key, `{"at":${i}}`)));
  const store = tuningFile(file);
  expect(await Promise.all(keys.map((key) => store.read(key)))).toEqual(keys.map((_, i) => `{"at":${i}}`));
  expect(await store.read('another')).toBeNull();
  expect(readdirSync(join(place, 'below'))).toEqual(['tuning.json']);
});

it('tells each of a file that is not ours, and writes again once that is gone', async () => {
  file = join(place, 'tuning.json');
  writeFileSync(file, '[]');
  const store = tuningFile(file);
  const all = await Promise.allSettled([store.write('a', '{}'), store.write('b', '{}')]);
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(store.read('a')).rejects.toThrow('holds no object');
  rmSync(file);
  await store.write('a', '{}');
  expect(await store.read('a')).toBe('{}');
});
