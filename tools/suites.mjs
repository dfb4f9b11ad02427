// Runs the stages of `npm test`, all of them even when one fails, and sums up. The last line is always
// "N passed, N failed" (", N skipped" when any).
// Run: node tools/suites.mjs [STAGE…] [-- PART OF A FILE NAME…]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { endOnSignals, failure, interrupted, run, runFiles } from './supervise.mjs';
import { testEnvironment } from './vulkan.mjs';

/** @typedef {import('./supervise.mjs').Counts} Counts */

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, '.build/results');
const bin = (/** @type {string} */ path) => [join(root, 'node_modules', path)];
const vite = bin('vite/bin/vite.js');

/** When there must be a summary, whatever is left: CI ends a run after 90 minutes. By performance.now(). */
const DEADLINE = 80 * 60_000;

/** Stages that only succeed or fail: a failure counts as one failed test, a success as none. */
const checks = {
  types: [[...bin('typescript/bin/tsc'), '--noEmit']],
  lint: [[...bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']],
  format: [[...bin('prettier/bin/prettier.cjs'), '--check', '.']],
  build: [[...vite, 'build'], [join(root, 'tools/build.mjs')]],
  size: [[join(root, 'tools/size.mjs')]],
};
const suites = ['cpu', 'chromium', 'dawn', 'deno', 'firefox'];
/** In the order that they start in: what runs beside another stage comes next to one. */
const usual = ['cpu', 'chromium', 'deno', 'dawn', 'firefox', 'types', 'lint', 'format', 'build', 'size'];
/** Stages that use two cores start when no other runs; of the rest, two run at a time. */
const wide = ['cpu', 'chromium'];
/** What must have ended before. */
const after = { size: 'build' };

const words = process.argv.slice(2);
const split = words.includes('--') ? words.indexOf('--') : words.length;
const stages = split > 0 ? words.slice(0, split) : usual;
/** Parts of file names: only these test files. */
const filters = words.slice(split + 1);
const unknown = stages.filter((stage) => !(stage in checks) && !suites.includes(stage));
if (unknown.length > 0) {
  console.error(`suites: no stage ${unknown.join(', ')}. Choose from ${usual.join(', ')}.`);
  process.exit(2);
}

/** What programs leave behind when they are ended (browsers' profiles) goes away with this. */
const temporary = mkdtempSync(join(tmpdir(), 'heed-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));
/** @param {string} stage @returns {import('./supervise.mjs').Options} */
const optionsOf = (stage) => ({ cwd: root, prefix: stages.length > 1 ? `${stage.padEnd(8)} │ ` : '' });
const environment = { TMPDIR: temporary };

/** @param {string} suite @returns {Promise<Counts>} */
function vitest(suite) {
  const journal = join(results, `${suite}.jsonl`);
  return runFiles({
    name: suite,
    journal,
    deadline: DEADLINE,
    options: optionsOf(suite),
    command: (files) => ({
      args: [...bin('vitest/vitest.mjs'), 'run', '--project', suite, ...(files ?? filters)],
      env: { ...environment, HEED_JOURNAL: journal },
    }),
  });
}

/** @param {string} why a suite ran nothing @returns {Counts} */
const none = (why) => ({ passed: 0, failed: 1, skipped: [], failures: [why] });

/** Ops and whole models on wgpu: built by Vite, run by Deno. @returns {Promise<Counts>} */
async function deno() {
  const journal = join(results, 'deno.jsonl');
  const build = [...vite, 'build', '-c', 'tests/deno/vite.config.ts', '--logLevel', 'warn'];
  const why = await run({ args: build }, optionsOf('deno'));
  if (why) return none(`deno: its bundle was not built (${why})`);
  return runFiles({
    name: 'deno',
    journal,
    deadline: DEADLINE,
    options: optionsOf('deno'),
    command: (files) => ({
      args: [
        ...bin('deno/bin.cjs'),
        ...['run', '-A', '--unstable-webgpu', '--v8-flags=--expose-gc'],
        ...[join(root, '.build/deno/run.js'), journal, ...(files ?? filters)],
      ],
      env: {
        ...environment,
        ...testEnvironment(),
        NO_COLOR: '1',
      },
    }),
  });
}

/** @param {string} stage @returns {Promise<Counts>} */
async function runStage(stage) {
  if (stage === 'deno') return deno();
  if (suites.includes(stage)) return vitest(stage);
  for (const args of checks[/** @type {keyof typeof checks} */ (stage)]) {
    const why = await run({ args }, optionsOf(stage));
    if (why) return none(failure(`${stage}: see above`, why));
  }
  return { passed: 0, failed: 0, skipped: [], failures: [] };
}

endOnSignals();
mkdirSync(results, { recursive: true });
/** @type {Counts} */
const total = { passed: 0, failed: 0, skipped: [], failures: [] };
/** @type {Map<string, string>} */
const table = new Map();
/** Stages that have not ended count as failures, should something end us before they do. */
const summary = () =>
  `${total.passed} passed, ${total.failed + stages.length - table.size} failed` +
  (total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '');

writeFileSync(join(results, 'summary.txt'), `${summary()}\n`);

/** @param {string} stage */
async function count(stage) {
  const over = interrupted() ?? (performance.now() > DEADLINE ? 'the limit of all suites' : null);
  const start = performance.now();
  if (!over) console.log(`\n=== ${stage}`);
  const counts = over ? none(`${stage}: did not run, because of ${over}`) : await runStage(stage);
  const { passed, failed, skipped, failures } = counts;
  // A suite that ran nothing is broken, not clean. Firefox is the one that a machine may lack.
  const ran = passed + failed + (stage === 'firefox' ? skipped.length : 0);
  const empty = suites.includes(stage) && ran === 0 ? [`${stage}: it ran no test`] : [];
  total.passed += passed;
  total.failed += failed + empty.length;
  total.skipped.push(...skipped);
  total.failures.push(...failures, ...empty);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const word = failed + empty.length > 0 ? 'FAILED' : 'ok';
  const told = suites.includes(stage) ? `${passed} passed, ${failed} failed, ${skipped.length} skipped` : '';
  table.set(stage, `${stage.padEnd(9)} ${word.padEnd(6)} ${seconds.padStart(5)} s  ${told}`);
  writeFileSync(join(results, 'summary.txt'), `${summary()}\n`);
}

/** @type {Map<string, Promise<void>>} */
const running = new Map();
const free = () => 2 - [...running.keys()].reduce((sum, stage) => sum + (wide.includes(stage) ? 2 : 1), 0);
for (const stage of stages) {
  const first = after[/** @type {keyof typeof after} */ (stage)];
  while (free() < (wide.includes(stage) ? 2 : 1) || (first && running.has(first)))
    await Promise.race(running.values());
  running.set(
    stage,
    count(stage).finally(() => running.delete(stage)),
  );
}
await Promise.all(running.values());

if (total.skipped.length > 0) console.log(`\nSkipped:\n  ${total.skipped.join('\n  ')}`);
// Last, because what keeps logs may keep their ends only.
if (total.failures.length > 0) console.log(`\nFailed:\n  ${total.failures.join('\n  ')}`);
const minutes = `${(performance.now() / 60_000).toFixed(1)} minutes`;
console.log(`\n${stages.map((stage) => table.get(stage)).join('\n')}\n${minutes}\n\n${summary()}`);
process.exitCode = interrupted() ? 130 : total.failed > 0 ? 1 : 0;
