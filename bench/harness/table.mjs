// Kernel tables from bench/results/*-kernels.json: all rows in bench/results/kernels.md, some in README.md between two marks.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const results = fileURLToPath(new URL('../results/', import.meta.url));
const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
const whole = fileURLToPath(new URL('../results/kernels.md', import.meta.url));
/** Rows of README.md: kernel and size. */
const SHOWN = [
  'matmul 1024×1024×1024',
  'matmul 128×3072×768',
  'attention, causal T 1024, H 12, D 64',
  'attention, all pairs T 512, H 12, D 64',
  'attention, window of 128 T 1024, H 12, D 64',
  'attention, decode T 1, S 1024, H 12, D 64',
  'softmax 4096×1024',
  'layernorm 4096×768',
  'gelu 4 Mi',
  'cross-entropy 64×50257',
  'AdamW 4 Mi',
];
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

/** @param {File} file @param {(row: Row) => boolean} [shown] */
function table({ description, host, date, results: { clock, peaks, rows } }, shown = () => true) {
  return [
    `**${description}** (${host}, ${clock}, ${date}; measured peaks ${short(peaks.gflops)} GFLOP/s multiply-add, ` +
      `${short(peaks.gbps)} GB/s copy)`,
    '',
    '| kernel | size | forward: time · rate · share of peak | backward |',
    '|---|---|---|---|',
    ...rows
      .filter(shown)
      .map((row) => `| ${row.kernel} | ${row.size} | ${cells(row.forward)} | ${cells(row.backward)} |`),
  ].join('\n');
}

/** Writes the tables of all adapters. */
export function writeTable() {
  const names = readdirSync(results).filter((name) => name.endsWith('-kernels.json'));
  if (names.length === 0) throw new Error('bench table: no results yet. Run npm run bench -- kernels first.');
  const files = names.map((name) => JSON.parse(readFileSync(results + name, 'utf8')));
  const all = files.map((file) => table(file)).join('\n\n');
  writeFileSync(whole, `# Kernels\n\nWritten by \`npm run bench -- table\`; G is of key heads.\n\n${all}\n`);
  console.log('-> bench/results/kernels.md');

  const old = readFileSync(readme, 'utf8');
  const [from, to] = [old.indexOf(START), old.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`bench table: README.md lacks ${START} … ${END}.`);
  /** @param {Row} row */
  const shown = ({ kernel, size }) => SHOWN.includes(`${kernel} ${size}`);
  const some = files.map((file) => table(file, shown)).join('\n\n');
  writeFileSync(readme, `${old.slice(0, from + START.length)}\n\n${some}\n\n${old.slice(to)}`);
  console.log('-> README.md');
}
