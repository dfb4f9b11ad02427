/**
 * Some kernels on two families against bench/results/gpu-static.json: a change of a kernel that makes GPUs' compilers spill, or
 * lowers a modelled share, is seen without a GPU. Skipped by name where the drivers, their version or a compiler lack.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileFor } from './compile.mjs';
import { mesaVersion } from '../../tools/vulkan.mjs';
import { FAMILIES, openFamily } from './families.mjs';
import { rowOf, type Row } from './report.mjs';
import type { StaticResult } from './static.mjs';

const CASES = '^(matmul 1024³( aT)?|matvec 1x768x3072|attention causal B 4 T 1024 D 64) f32$';
/** Shares and counts may differ by this much; compilers' heuristics move a little with any change. */
const SLACK = 0.03;

const known = JSON.parse(
  readFileSync(new URL('../results/gpu-static.json', import.meta.url), 'utf8'),
) as StaticResult;
const mesa = mesaVersion();

/** Why a family cannot be compared, or ''. */
function reasonOf(id: string): string {
  const opened = openFamily(id);
  if ('missing' in opened) return opened.missing;
  if (!known.families[id]) return 'bench/results has none';
  return mesa === known.mesa ? '' : `Mesa ${mesa || 'of unknown version'}, results are of ${known.mesa}`;
}

/** Fails unless the compiled kernel does at least as well as what is known of it. */
function expectAsGood(got: Row, rows: readonly Row[]): void {
  const name = `${got.cases}, ${got.kernel}`;
  const [first] = got.cases.split('; ');
  const want = rows.find((row) => row.kernel === got.kernel && row.cases.split('; ').includes(first));
  expect(want, `${name} is not in bench/results/gpu-static.json: npm run bench -- static`).toBeDefined();
  for (const key of ['spills', 'fills'])
    if (key in got) expect(Number(got[key]), `${name}: ${key}`).toBeLessThanOrEqual(Number(want![key]));
  if (!('bound' in got)) return;
  expect(got['turnsKnown'], `${name}: kernels.ts knows how often its loops turn`).toBe(want!['turnsKnown']);
  for (const key of ['bound', 'full', 'here']) {
    const least = Number(want![key]) * (1 - SLACK);
    expect(Number(got[key]), `${name}: share "${key}"`).toBeGreaterThanOrEqual(least);
  }
}

describe('the compilers of GPUs', () => {
  for (const id of ['navi31', 'tgl']) {
    const missing = reasonOf(id);
    const title = `make of some kernels what they did: ${FAMILIES[id].name}`;
    it.skipIf(missing)(missing ? `${title} (needs: ${missing})` : title, () => {
      const opened = openFamily(id);
      if ('missing' in opened) throw new Error(opened.missing);
      const rows = compileFor(id, opened.environment, { only: CASES }).map(rowOf);
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) expectAsGood(row, known.families[id]);
    });
  }
});
