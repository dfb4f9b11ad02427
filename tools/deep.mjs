// What is too long for every run of `npm test`: all that it leaves out or does only in part. What came of the last
// run, and where it ran: bench/results/deep.json. Run: npm run test:deep [-- STEP…]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { endOnSignals, interrupted, run, runFiles } from './supervise.mjs';

/** @typedef {import('./supervise.mjs').Counts} Counts */

const root = fileURLToPath(new URL('..', import.meta.url));
const hours = 60 * 60_000;

/**
 * @param {string} name
 * @param {string[]} projects
 * @param {string[]} parts of files' names
 * @param {NodeJS.ProcessEnv} env
 */
const files = (name, projects, parts, env) => () => {
  const journal = join(root, '.build/results', `deep-${name}.jsonl`);
  return runFiles({
    name,
    journal,
    limit: 4 * hours,
    options: { cwd: root },
    command: (left) => ({
      args: [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        ...projects.flatMap((project) => ['--project', project]),
        ...(left ?? parts),
      ],
      env: { ...env, HEED_JOURNAL: journal },
    }),
  });
};

/** @typedef {(name: string, parts: string[], env: NodeJS.ProcessEnv) => () => Promise<Counts>} Step */
/** @type {Step} */
const dawn = (name, parts, env) => files(name, ['dawn'], parts, env);
/** @type {Step} */
const cpu = (name, parts, env) => files(name, ['cpu'], parts, env);

/** @param {string} name @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env */
const succeeds =
  (name, program, args = [], env = {}) =>
  async () => {
    /** @type {Counts} */
    const counts = { passed: 0, failed: 0, skipped: [], failures: [] };
    if (!existsSync(join(root, program))) return { ...counts, skipped: [`${name}: there is no ${program}`] };
    const why = await run({ args: [join(root, program), ...args], env }, { cwd: root }, 2 * hours);
    if (why) return { ...counts, failed: 1, failures: [`${name}: ${why}, see above`] };
    return { ...counts, passed: 1 };
  };

const seed = process.env['HEED_SEED'] ?? String(1 + Math.floor(Math.random() * 1e6));
/** Of steps that draw: by seed they can be repeated. @type {Record<string, Record<string, string>>} */
const drawn = {
  properties: { HEED_CASES: process.env['HEED_CASES'] ?? '200', HEED_SEED: seed },
  losses: {
    HEED_LOSSES: process.env['HEED_LOSSES'] ?? '500',
    HEED_KILLS: process.env['HEED_KILLS'] ?? '20',
    HEED_SEED: seed,
  },
  fuzz: { HEED_FUZZ: process.env['HEED_FUZZ'] ?? '100000', HEED_SEED: seed },
  folders: { HEED_FUZZ: process.env['HEED_FUZZ'] ?? '5000', HEED_FUZZ_READER: 'folder', HEED_SEED: seed },
  storage: { HEED_KILLS: process.env['HEED_KILLS'] ?? '20', HEED_SEED: seed },
};
const attention = 'engine/shaders/attention';
/** @type {Record<string, () => Promise<Counts>>} */
const steps = {
  // Every kind of attention at every pair of lengths, on both rungs.
  grid: dawn('grid', ['tests/attention/grid.gpu.test.ts'], {
    HEED_GRID: process.env['HEED_GRID'] ?? 'turns',
  }),
  // Kinds of attention drawn anew each time; the seed repeats them.
  properties: dawn(
    'properties',
    [`${attention}/properties.gpu`, `${attention}/cache/decode_properties.gpu`],
    { ...drawn.properties, HEED_HOSTS: 'all' }, // Dawn leaves them to Chromium otherwise
  ),
  // Trainings whose devices are lost at random calls, on Dawn, and whose GPU process is killed, in Chromium.
  losses: files('losses', ['dawn', 'cpu'], ['tests/train/lost_anywhere', 'tests/train/killed'], {
    ...drawn.losses,
    HEED_HOSTS: 'all',
  }),
  // What kernels that mix many options take to compile.
  compile: dawn('compile', ['tests/compile.chromium'], { HEED_COMPILE: 'all', HEED_HOSTS: 'all' }),
  // Every file with devices of its own: sharing one must hide nothing. Whole models on lavapipe, too.
  devices: dawn('devices', [], { HEED_DEVICES: 'own', HEED_HOSTS: 'all' }),
  // On wgpu, too, every case, and what strings attention's kernels together.
  wgpu: succeeds('wgpu', 'tools/suites.mjs', ['deno', '--', '/'], { HEED_HOSTS: 'all' }),
  // Every page of the site in both languages, themes and widths, those of the reference, too; of two tabs that train, one keeps
  // its run, and a private window works.
  site: cpu('site', ['tests/demo-site.test', 'tests/demo-translate.test'], { HEED_SITE: 'whole' }),
  // A browser that is killed while the Translate page trains and saves, and started again.
  storage: cpu('storage', ['tests/storage.deep'], drawn.storage),
  // Inputs that nobody wrote, for everything that reads; the seed repeats them.
  fuzz: cpu('fuzz', ['tests/fuzz/fuzz.test'], drawn.fuzz),
  // The same for folders of every family and head alone.
  folders: cpu('folders', ['tests/fuzz/fuzz.test'], drawn.folders),
  // Fresh apps that install the packed package.
  apps: succeeds('apps', 'tests/apps/run.mjs'),
};

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
const unknown = asked.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`deep: no step ${unknown.join(', ')}. Choose from ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}

endOnSignals();
const report = join(root, 'bench/results/deep.json');
/** By step, for not every run takes all of them. @type {Record<string, unknown>} */
const known = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).steps : {};
const { version, arch, platform } = process;
const host = {
  cpu: cpus()[0]?.model.trim(),
  cores: cpus().length,
  memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
  system: `${platform} ${release()} ${arch}`,
  node: version,
};
let failed = 0;
for (const name of asked) {
  if (interrupted()) break;
  console.log(`\n=== ${name}`);
  const start = performance.now();
  const counts = await /** @type {() => Promise<Counts>} */ (steps[name])();
  if (counts.passed + counts.failed + counts.skipped.length === 0) {
    counts.failed = 1;
    counts.failures.push(`${name}: it ran no test`);
  }
  failed += counts.failed;
  const minutes = Number(((performance.now() - start) / 60_000).toFixed(1));
  const { passed, failures } = counts;
  const skipped = counts.skipped.length;
  for (const text of [...counts.skipped, ...failures]) console.log(text);
  console.log(`${name}: ${passed} passed, ${counts.failed} failed, ${skipped} skipped, ${minutes} minutes`);
  if (interrupted()) break; // a part of a step is no result
  const date = new Date().toISOString().slice(0, 10);
  const draw = Object.entries(drawn[name] ?? {}).map(([key, value]) => [key.slice(5).toLowerCase(), value]);
  known[name] = { date, passed, failed: counts.failed, skipped, minutes, ...Object.fromEntries(draw), host };
  mkdirSync(join(root, 'bench/results'), { recursive: true });
  writeFileSync(report, `${JSON.stringify({ steps: known }, null, 2)}\n`);
}
process.exitCode = interrupted() ? 130 : failed > 0 ? 1 : 0;
