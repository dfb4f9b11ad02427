// The kernel table of README.md, from bench/results/*-kernels.json. It stands between two marks.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const results = fileURLToPath(new URL('../results/', import.meta.url));
const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** @typedef {{ milliseconds: number, rate: number, unit: string, share: number }} Pass */
/** @typedef {{ kernel: string, size: string, forward: Pass | null, backward: Pass | null }} Row */
/** @typedef {{ description: string, host: string, date: string, results: { clock: string, peaks: { gflops: number, gbps: number }, rows: Row[] } }} File */

/** @param {number} x */
const short = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));
/** @param {Pass | null} pass */
const cells = (pass) =>
  pass
    ? `${short(pass.milliseconds)} ms · ${short(pass.rate)} ${pass.unit} · ${(100 * pass.share).toFixed(0)} %`
    : '–';

/** @param {File} file */
function table({ description, host, date, results: { clock, peaks, rows } }) {
  return [
    `**${description}** (${host}, ${clock}, ${date}; measured peaks ${short(peaks.gflops)} GFLOP/s multiply-add, ` +
      `${short(peaks.gbps)} GB/s copy)`,
    '',
    '| kernel | size | forward: time · rate · share of peak | backward |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.kernel} | ${row.size} | ${cells(row.forward)} | ${cells(row.backward)} |`),
  ].join('\n');
}

/** Writes the tables of all adapters into README.md between its marks; prints them where README.md has none. */
export function writeTable() {
  const files = readdirSync(results).filter((name) => name.endsWith('-kernels.json'));
  if (files.length === 0) throw new Error('bench table: no results yet. Run npm run bench -- kernels first.');
  const text = files.map((name) => table(JSON.parse(readFileSync(results + name, 'utf8')))).join('\n\n');
  let old = '';
  try {
    old = readFileSync(readme, 'utf8');
  } catch {
    // no README yet: print
  }
  const from = old.indexOf(START);
  const to = old.indexOf(END);
  if (from < 0 || to < from) {
    console.log(text);
    return;
  }
  writeFileSync(readme, `${old.slice(0, from + START.length)}\n\n${text}\n\n${old.slice(to)}`);
  console.log('-> README.md');
}
