// Runs the stages of `npm test` one after the other, all of them even when one fails, and sums up. The last
// line is always "N passed, N failed" (", N skipped" when any). Run: node tests/harness/suites.mjs [STAGE…]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { vulkanEnvironment } from './vulkan.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, '.build/results');
const bin = (/** @type {string} */ path) => [join(root, 'node_modules', path)];
const vite = bin('vite/bin/vite.js');

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Counts */

/** Stages that only succeed or fail: a failure counts as one failed test, a success as none. */
const checks = {
  types: [[...bin('typescript/bin/tsc'), '--noEmit']],
  lint: [[...bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0']],
  format: [[...bin('prettier/bin/prettier.cjs'), '--check', '.']],
  build: [
    [...vite, 'build'],
    [...vite, 'build', '-c', 'vite.lib.config.ts'],
    [...bin('typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  ],
  size: [[join(root, 'tests/harness/size.mjs')]],
};
const suites = ['cpu', 'chromium', 'dawn', 'deno'];
const usual = ['types', 'lint', 'format', ...suites, 'build', 'size'];

/** @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {number} exit status, 1 for a signal */
function node(args, env = {}) {
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
    timeout: 15 * 60_000, // a hung driver must not hang CI
    killSignal: 'SIGKILL',
  });
  if (signal) console.error(`suites: ended by ${signal}`);
  return status ?? 1;
}

/**
 * @param {string} report a file of Vitest's json reporter
 * @param {string} suite
 * @returns {Counts}
 */
function readReport(report, suite) {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  /** @type {Counts} */
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const file of testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped.push(`${suite}: ${relative(root, file.name)} > ${test.fullName.trim()}`);
    }
    // A file that does not load has no tests to fail.
    if (
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ t) => t.status === 'failed')
    ) {
      counts.failed++;
    }
  }
  return counts;
}

/** @param {string} suite @returns {Counts} */
function vitest(suite) {
  const report = join(results, `${suite}.json`);
  rmSync(report, { force: true });
  const args = [
    'run',
    '--project',
    suite,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const status = node([...bin('vitest/vitest.mjs'), ...args]);
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
  const counts = readReport(report, suite);
  // Errors outside tests, a crash at exit: Vitest fails although no test did.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** The op suite's GPU half on wgpu: built by Vite, run by Deno. @returns {Counts} */
function deno() {
  const report = join(results, 'deno.json');
  const runner = join(root, '.build/deno/run.js');
  rmSync(report, { force: true });
  if (node([...vite, 'build', '-c', 'tests/deno/vite.config.ts', '--logLevel', 'warn']) !== 0) {
    return { passed: 0, failed: 1, skipped: [] };
  }
  const args = [...bin('deno/bin.cjs'), 'run', '-A', '--unstable-webgpu', runner, report];
  // As in dawn-setup.ts: kernels run a few times each, so lavapipe need not optimise them.
  const perf = process.env['GALLIVM_PERF'] ?? 'nopt';
  const status = node(args, { ...vulkanEnvironment(), NO_COLOR: '1', GALLIVM_PERF: perf });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: [] };
  /** @type {Counts} */
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return { ...counts, skipped: counts.skipped.map((name) => `deno: ${name}`) };
}

/** @param {string} stage @returns {Counts} */
function runStage(stage) {
  if (stage === 'deno') return deno();
  if (suites.includes(stage)) return vitest(stage);
  const commands = checks[/** @type {keyof typeof checks} */ (stage)];
  const failed = commands.some((command) => node(command) !== 0);
  return { passed: 0, failed: failed ? 1 : 0, skipped: [] };
}

const stages = process.argv.length > 2 ? process.argv.slice(2) : usual;
const unknown = stages.filter((stage) => !(stage in checks) && !suites.includes(stage));
if (unknown.length > 0) {
  console.error(`suites: no stage ${unknown.join(', ')}. Choose from ${usual.join(', ')}.`);
  process.exit(2);
}

mkdirSync(results, { recursive: true });
const total = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
const table = [];
for (const stage of stages) {
  console.log(`\n=== ${stage}`);
  const start = performance.now();
  const { passed, failed, skipped } = runStage(stage);
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
  const counts = suites.includes(stage)
    ? `${passed} passed, ${failed} failed, ${skipped.length} skipped`
    : '';
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  table.push(`${stage.padEnd(9)} ${failed ? 'FAILED' : 'ok    '} ${seconds.padStart(5)} s  ${counts}`);
  // A suite that ran nothing is broken, not clean.
  if (suites.includes(stage) && passed + failed === 0) {
    total.failed++;
    table.push(`${stage.padEnd(9)} FAILED: it ran no test`);
  }
}
if (total.skipped.length > 0) console.log(`\nSkipped:\n  ${total.skipped.join('\n  ')}`);
const line =
  `${total.passed} passed, ${total.failed} failed` +
  (total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '');
console.log(`\n${table.join('\n')}\n\n${line}`);
writeFileSync(join(results, 'summary.txt'), `${line}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
