// One suite, three hosts: `cpu` (references, everything without a GPU), `chromium` (headless, SwiftShader) and
// `dawn` (Node, lavapipe where the machine has it). Op tests run on all three, see tests/harness/op.ts.
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { wgsl } from './engine/wgsl-plugin.ts';
import { puppeteer } from './tests/harness/puppeteer-provider.ts';

const ops = 'engine/shaders/**/*.test.ts';
const gpu = '{engine,models,tests,bench,demo}/**/*.gpu.test.ts';
/** Vite transforms `using` for engines that lack it when it knows the target. */
const target = 'es2022';

/** What a person asks of the property tests, for every host. */
const asked = Object.fromEntries(
  ['HEED_ATTENTION', 'HEED_DECODE', 'HEED_PIECES', 'HEED_CASES', 'HEED_SEED', 'HEED_GRID']
    .map((name) => [name, process.env[name]])
    .filter(([, value]) => value !== undefined),
) as Record<string, string>;

type TestOptions = NonNullable<TestProjectInlineConfiguration['test']>;
const project = (name: string, test: TestOptions): TestProjectInlineConfiguration => ({
  plugins: [wgsl()],
  oxc: { target },
  // Named here, or Vite meets them half-way through a run in Chromium and reloads the page.
  optimizeDeps: { include: ['wgsl_reflect/wgsl_reflect.module.js', '@huggingface/tokenizers'] },
  test: { name, globals: false, testTimeout: 300_000, hookTimeout: 120_000, ...test },
});

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('cpu', {
        include: ['{engine,models,tests,bench,demo}/**/*.test.ts'],
        exclude: [gpu],
        env: { HEED_HOST: 'cpu', ...asked },
      }),
      project('browser', {
        include: [ops, gpu],
        env: { HEED_HOST: 'chromium', ...asked },
        maxWorkers: 2, // browsers
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: puppeteer(),
          instances: [{ browser: 'chromium', name: 'chromium' }],
        },
      }),
      project('dawn', {
        include: [ops, gpu],
        env: { HEED_HOST: 'dawn', ...asked },
        setupFiles: ['tests/harness/dawn-setup.ts'],
        pool: 'forks',
        maxWorkers: 1, // a software adapter already uses every core
      }),
    ],
  },
});
