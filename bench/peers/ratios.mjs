// Prints results of the peer harness as a table: ours, each peer, and how many times as fast as the fastest peer we
// are. Later files replace cases of earlier ones. Run: node bench/peers/ratios.mjs RESULT.json…
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** @typedef {{ ms?: number, min?: number, max?: number, failed?: string, skipped?: string, check?: { ok: boolean }, checkAfter?: { ok: boolean } | null }} Timing */

/** @type {Record<string, Record<string, Timing>>} */
const cases = {};
let chromium = '';
for (const file of process.argv.slice(2)) {
  const result = JSON.parse(readFileSync(file, 'utf8'));
  chromium = result.chromium;
  Object.assign(cases, result.cases);
}
const peers = [...new Set(Object.values(cases).flatMap((c) => Object.keys(c)))].filter(
  (name) => name !== 'heed',
);

/** @param {number} ms */
const short = (ms) => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2));
/** @param {Timing | undefined} t */
const right = (t) => t?.ms !== undefined && t.check?.ok === true && (t.checkAfter?.ok ?? true);
/** @param {Timing | undefined} t */
const cell = (t) => {
  if (t?.ms === undefined) return '–';
  return right(t) ? `${short(t.ms)} [${short(t.min ?? t.ms)}..${short(t.max ?? t.ms)}]` : 'wrong answer';
};

console.log(`Milliseconds, median [fastest..slowest] of one run; ${chromium}.\n`);
console.log(`| case | Heed | ${peers.join(' | ')} | fastest peer ÷ Heed |`);
console.log(`|---|---|${peers.map(() => '---|').join('')}---|`);
for (const [id, timings] of Object.entries(cases)) {
  const best = Math.min(
    ...peers.map((name) => (right(timings[name]) ? (timings[name].ms ?? Infinity) : Infinity)),
  );
  const ours = right(timings['heed']) ? (timings['heed'].ms ?? NaN) : NaN;
  const ratio = (best / ours).toFixed(2);
  console.log(
    `| ${id} | ${cell(timings['heed'])} | ${peers.map((p) => cell(timings[p])).join(' | ')} | ${ratio} |`,
  );
}
