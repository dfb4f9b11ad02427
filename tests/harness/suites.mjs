// Runs the stages of `npm test` one after the other, all of them even when one fails, and sums up. The last
// line is always "N passed, N failed" (", N skipped" when any). Run: node tests/harness/suites.mjs [STAGE…]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { vulkanEnvironment } from './vulkan.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, '.build/results');
const bin = (/** @type {string} */ path) => [join(root, 'node_modules', path)];
const vite = bin('vite/bin/vite.js');

/**
 * `failures`: what failed and its message, as far as the suite says.
 * @typedef {{ passed: number, failed: number, skipped: string[], failures: string[] }} Counts
 */

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
  const counts = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const file of testResults) {
    const path = `${suite}: ${relative(root, file.name)}`;
    for (const test of file.assertionResults) {
      const name = `${path} > ${test.fullName.trim()}`;
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') {
        counts.failed++;
        counts.failures.push(failure(name, test.failureMessages.join('\n')));
      } else counts.skipped.push(name);
    }
    // A file that does not load has no tests to fail.
    if (
      file.status === 'failed' &&
      !file.assertionResults.some((/** @type {any} */ t) => t.status === 'failed')
    ) {
      counts.failed++;
      counts.failures.push(failure(path, file.message));
    }
  }
  return counts;
}

/** A failure in a few lines. @param {string} name @param {string} [message] */
function failure(name, message = '') {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, 12);
  return [name, ...lines.map((line) => `    ${line.slice(0, 240)}`)].join('\n  ');
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
  if (!existsSync(report)) return none(`${suite}: it left no report`);
  const counts = readReport(report, suite);
  // Errors outside tests, a crash at exit: Vitest fails although no test did.
  if (status !== 0 && counts.failed === 0) {
    return { ...counts, failed: 1, failures: [`${suite}: Vitest failed outside its tests, see above`] };
  }
  return counts;
}

/** @param {string} why a suite ran nothing @returns {Counts} */
const none = (why) => ({ passed: 0, failed: 1, skipped: [], failures: [why] });

/** Ops and whole models on wgpu: built by Vite, run by Deno. @returns {Counts} */
function deno() {
  const report = join(results, 'deno.json');
  const runner = join(root, '.build/deno/run.js');
  rmSync(report, { force: true });
  if (node([...vite, 'build', '-c', 'tests/deno/vite.config.ts', '--logLevel', 'warn']) !== 0) {
    return none('deno: its bundle was not built');
  }
  const args = [...bin('deno/bin.cjs'), 'run', '-A', '--unstable-webgpu', runner, report];
  // As in dawn-setup.ts: kernels run a few times each, so lavapipe need not optimise them.
  const perf = process.env['GALLIVM_PERF'] ?? 'nopt';
  const status = node(args, { ...vulkanEnvironment(), NO_COLOR: '1', GALLIVM_PERF: perf });
  if (!existsSync(report)) return none('deno: it left no report');
  /** @type {Counts} */
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  const failures = counts.failures.map((text) => {
    const [name, ...lines] = text.split('\n');
    return failure(`deno: ${name}`, lines.join('\n'));
  });
  const skipped = counts.skipped.map((name) => `deno: ${name}`);
  if (status !== 0 && counts.failed === 0) {
    return { ...counts, skipped, failed: 1, failures: [`deno: it ended with status ${status}, see above`] };
  }
  return { ...counts, skipped, failures };
}

/** @param {string} stage @returns {Counts} */
function runStage(stage) {
  if (stage === 'deno') return deno();
  if (suites.includes(stage)) return vitest(stage);
  const commands = checks[/** @type {keyof typeof checks} */ (stage)];
  if (commands.some((command) => node(command) !== 0)) return none(`${stage}: see above`);
  return { passed: 0, failed: 0, skipped: [], failures: [] };
}

const stages = process.argv.length > 2 ? process.argv.slice(2) : usual;
const unknown = stages.filter((stage) => !(stage in checks) && !suites.includes(stage));
if (unknown.length > 0) {
  console.error(`suites: no stage ${unknown.join(', ')}. Choose from ${usual.join(', ')}.`);
  process.exit(2);
}

mkdirSync(results, { recursive: true });
const total = {
  passed: 0,
  failed: 0,
  skipped: /** @type {string[]} */ ([]),
  failures: /** @type {string[]} */ ([]),
};
const table = [];
for (const stage of stages) {
  console.log(`\n=== ${stage}`);
  const start = performance.now();
  const { passed, failed, skipped, failures } = runStage(stage);
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
  total.failures.push(...failures);
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
// Last, because what keeps logs may keep their ends only.
if (total.failures.length > 0) console.log(`\nFailed:\n  ${total.failures.join('\n  ')}`);
const line =
  `${total.passed} passed, ${total.failed} failed` +
  (total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '');
console.log(`\n${table.join('\n')}\n\n${line}`);
writeFileSync(join(results, 'summary.txt'), `${line}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
