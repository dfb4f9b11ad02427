// One suite, four hosts: `cpu` (references, everything without a GPU), `chromium` (headless, SwiftShader),
// `dawn` (Node, lavapipe where the machine has it), `firefox` (headless, lavapipe; a short one). See tests/README.md.
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { wgsl } from './engine/wgsl_plugin.ts';
import { JournalReporter } from './tools/journal-reporter.mjs';
import { puppeteer } from './tests/harness/puppeteer-provider.ts';

const ops = 'engine/shaders/**/*.test.ts';
const gpu = '{engine,models,tests,bench,demo}/**/*.gpu.test.ts';
/** Whole models of kernels that every host tests by themselves: SwiftShader compiles ten times as fast as lavapipe. */
const chromium = 'tests/**/*.chromium.test.ts';
/** What needs f16, or Node beside a GPU. */
const dawn = 'tests/**/*.dawn.test.ts';
/** For `npm run test:deep`: Dawn runs what Chromium does. */
const all = process.env.HEED_HOSTS === 'all';
/** Attention's kernels put together in ways that f16 and subgroups of 8 have no part in. */
const combined =
  'engine/shaders/{attention/{combinations,edges.gpu,memory,options,properties,readers,maps/*,tile/*,cache/decode_properties},relative_attention/chunks,gated_linear_attention/gated}*.test.ts';
/** Whole models, and a training of minutes: Chromium and Deno have the former, `npm run test:deep` both. */
const long = 'tests/models/{gpt.gpu,transformer_xl_text.dawn}.test.ts';
const firefox = 'tests/firefox/**/*.test.ts';
/** Only for `npm run test:deep`, which says how long each is to be. */
const deep = process.env.HEED_KILLS ? [] : ['tests/**/*.deep.test.ts'];
/** Vite transforms `using` for engines that lack it when it knows the target. */
const target = 'es2022';

/** What a person asks of the tests, for every host. */
const asked = Object.fromEntries(
  [
    'HEED_DEVICES',
    'HEED_ATTENTION',
    'HEED_DECODE',
    'HEED_PIECES',
    'HEED_CASES',
    'HEED_SEED',
    'HEED_GRID',
    'HEED_COMPILE',
    'HEED_LOSSES',
    'HEED_KILLS',
    'HEED_FUZZ',
    'HEED_FUZZ_READER',
    'HEED_HOSTS',
  ]
    .map((name) => [name, process.env[name]])
    .filter(([, value]) => value !== undefined),
) as Record<string, string>;

/** Where suites.mjs reads the results as they come. */
const journal = process.env.HEED_JOURNAL;

type TestOptions = NonNullable<TestProjectInlineConfiguration['test']>;
const project = (name: string, test: TestOptions): TestProjectInlineConfiguration => ({
  plugins: [wgsl()],
  oxc: { target },
  // Named here, or Vite meets them half-way through a run in Chromium and reloads the page.
  optimizeDeps: { include: ['wgsl_reflect/wgsl_reflect.module.js', '@huggingface/jinja', 'papaparse'] },
  // What hangs is ended by its file's limit, which knows how busy the machine is (tools/supervise.mjs).
  test: { name, globals: false, testTimeout: 1_200_000, hookTimeout: 600_000, ...test },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: journal ? ['default', new JournalReporter(journal)] : ['default'],
    projects: [
      project('cpu', {
        include: ['{engine,models,corpora,tests,bench,demo}/**/*.test.ts'],
        exclude: [gpu, chromium, dawn, firefox, ...deep],
        env: { HEED_HOST: 'cpu', ...asked },
        isolate: false,
      }),
      project('browser', {
        include: [ops, gpu, chromium],
        env: { HEED_HOST: 'chromium', ...asked },
        setupFiles: ['tests/harness/file-setup.ts'],
        maxWorkers: 2, // browsers
        isolate: false, // the files of a browser share a device, see tests/harness/shared-gpu.ts
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: puppeteer(),
          instances: [{ browser: 'chromium', name: 'chromium' }],
        },
      }),
      project('dawn', {
        include: [ops, gpu, dawn, ...(all ? [chromium] : [])],
        exclude: all ? [] : [combined, long],
        env: { HEED_HOST: 'dawn', ...asked },
        setupFiles: ['tests/harness/dawn-setup.ts', 'tests/harness/file-setup.ts'],
        pool: 'forks',
        maxWorkers: 1, // a software adapter already uses every core
        isolate: false, // all files share a device
        execArgv: ['--expose-gc'],
        sequence: { groupOrder: 1 },
      }),
      // Node, that drives Firefox: a short suite in a page, and the demo's pages.
      project('firefox', {
        include: [firefox],
        env: { HEED_HOST: 'cpu', ...asked },
        maxWorkers: 1,
        sequence: { groupOrder: 2 },
      }),
    ],
  },
});
