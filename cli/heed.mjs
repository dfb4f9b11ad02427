#!/usr/bin/env node
// `npx heed`: the command line, on Dawn.
import { existsSync, readdirSync } from 'node:fs';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`heed: this is Node ${process.versions.node}, but it needs 20.19 or newer.`);
  process.exit(1);
}

/** In a clone the command runs from its sources, through Vite; an installed package has it built. */
const cloned = existsSync(new URL('main.ts', import.meta.url));

/** @typedef {{ main(args: string[]): Promise<number> }} CommandLine */
/** @type {[typeof import('../tools/vulkan.mjs'), typeof import('../tools/dawn.mjs'), () => Promise<CommandLine>]} */
let parts;
try {
  parts = await Promise.all([import('../tools/vulkan.mjs'), import('../tools/dawn.mjs'), commandLine()]);
} catch (error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (cloned) {
    console.error(`heed: a package is missing or damaged (${message}).\nRun npm install in Heed's folder.`);
  } else if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'webgpu'")) {
    console.error(
      'heed: the command line runs on Dawn, from the npm package webgpu, which is not installed.\nRun npm install webgpu.',
    );
  } else {
    console.error(`heed: a package does not load (${message}).\nRun npm install heed webgpu again.`);
  }
  process.exit(1);
}
const [{ vulkanEnvironment }, { installDawn }, load] = parts;

/** @returns {Promise<() => Promise<CommandLine>>} how to load it once WebGPU is there */
async function commandLine() {
  if (!cloned) return () => import(new URL('../dist/cli/main.js', import.meta.url).href);
  const { importModule } = await import('../tools/node.mjs');
  return async () => /** @type {CommandLine} */ (/** @type {unknown} */ (await importModule('cli/main.ts')));
}

/** The GPU, if there is one; else what tests run on: a software driver. */
function environment() {
  const nodes = existsSync('/dev/dri') ? readdirSync('/dev/dri') : [];
  const gpu =
    ['/dev/nvidiactl', '/dev/dxg'].some(existsSync) || nodes.some((name) => name.startsWith('renderD'));
  if (process.platform !== 'linux' || gpu || process.env['VK_DRIVER_FILES']) return {};
  try {
    return vulkanEnvironment();
  } catch {
    return {}; // without a driver there is no adapter, which whoever asks for one is told
  }
}

// `| head` wants no more. A log that is gone (Ctrl-C ends `| tee`, too) must not keep a training from being saved.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.stderr.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
  if (error.code !== 'EPIPE') throw error;
});

const removeDawn = installDawn(environment());
try {
  const { main } = await load();
  process.exitCode = await main(process.argv.slice(2));
} finally {
  removeDawn();
}
