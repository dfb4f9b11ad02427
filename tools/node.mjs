// Runs a TypeScript file of ours in Node, on Dawn, with the WGSL plugin: benches, long trainings, scripts.
// Run: npm run node -- FILE [ARGUMENT…]. A file that exports `main(args)` has it called, and awaited.
import { resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRunnableDevEnvironment, resolveConfig, runnerImport } from 'vite';
import { installDawn } from './dawn.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Imports a TypeScript module through Vite, `.wgsl` imports included. What it imports later, by `import()`, is served
 * as well, until the process ends: Vite's own runnerImport closes its runner as soon as the module is there.
 *
 * @param {string} file absolute, or relative to the repository
 * @returns {Promise<Record<string, unknown>>}
 */
export async function importModule(file) {
  environment ??= openEnvironment();
  return (await environment).runner.import(resolve(root, file));
}

/** @type {Promise<import('vite').RunnableDevEnvironment> | undefined} */
let environment;

async function openEnvironment() {
  const options = {
    root,
    configFile: /** @type {const} */ (false),
    logLevel: /** @type {const} */ ('error'),
  };
  const { module } = await runnerImport(resolve(root, 'engine/wgsl_plugin.ts'), options);
  const name = 'node';
  const config = await resolveConfig(
    {
      ...options,
      envDir: false,
      plugins: [/** @type {{ wgsl(): import('vite').Plugin }} */ (module).wgsl()],
      define: { 'import.meta.env.HEED_HOST': '"dawn"' },
      oxc: { target: 'es2022' },
      environments: {
        [name]: {
          consumer: 'server',
          dev: { moduleRunnerTransform: true },
          resolve: { external: true, mainFields: [], conditions: ['node', 'module-sync'] },
        },
      },
    },
    'serve',
  );
  const opened = createRunnableDevEnvironment(name, config, {
    runnerOptions: { hmr: false },
    hot: false,
  });
  await opened.init();
  return opened;
}

/**
 * Imports a file on Dawn and calls its `main`, if it has one.
 *
 * @param {string} file
 * @param {string[]} args
 */
export async function runModule(file, args) {
  process.argv.splice(1, Infinity, resolve(root, file), ...args);
  const module = await importModule(file);
  if (typeof module['main'] === 'function') await module['main'](args);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, ...args] = process.argv.slice(2);
  if (!file) {
    console.error('node: name a TypeScript file. Usage: npm run node -- FILE [ARGUMENT…]');
    process.exit(2);
  }
  const removeDawn = installDawn();
  try {
    await runModule(resolve(file), args);
  } finally {
    removeDawn();
  }
}
