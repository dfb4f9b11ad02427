// The installed package in pages without a bundler, under a strict policy, and where the browser lacks `Symbol.dispose`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { install } from '../../tools/package.mjs';
import { copyApp } from './examples.mjs';
import { visit } from './site.mjs';

const folder = mkdtempSync(join(tmpdir(), 'heed-page-'));
beforeAll(() => {
  install(folder);
  copyApp('html', folder);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trained, generated, translated: what main.js did. */
function expectAll(done: Record<string, unknown>): void {
  expect(done.error).toBeUndefined();
  expect(done.softmax).toEqual({
    0: expect.closeTo(0.25, 5) as number,
    1: expect.closeTo(0.75, 5) as number,
  });
  const losses = done.losses as number[];
  expect(losses).toHaveLength(6);
  expect(losses[5]).toBeLessThan(losses[0]);
  expect((done.ids as number[]).length).toBeGreaterThan(0);
  expect(done.translation).toBe('number');
  expect(done.end).toBe(true);
}

it(
  'runs in a realm without Symbol.dispose, Float16Array and iterable streams',
  { timeout: 600_000 },
  async () => {
    const { done, missing, complaints } = await visit(folder, 'old.html');
    expect(Object.values(missing!)).toEqual([true, true, true, true, true]);
    expectAll(done);
    expect(complaints.filter((line) => !line.includes('favicon'))).toEqual([]);
  },
);
