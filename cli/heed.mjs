#!/usr/bin/env node
// `npx heed`: the command line, run from the sources as they are (see tests/harness/node.mjs), on Dawn.
import { existsSync, readdirSync } from 'node:fs';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`heed: this is Node ${process.versions.node}, but it needs 20.19 or newer.`);
  process.exit(1);
}

/** @type {[typeof import('../tests/harness/vulkan.mjs'), typeof import('../tests/harness/dawn.mjs'), typeof import('../tests/harness/node.mjs')]} */
let harness;
try {
  harness = await Promise.all([
    import('../tests/harness/vulkan.mjs'),
    import('../tests/harness/dawn.mjs'),
    import('../tests/harness/node.mjs'),
  ]);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(`heed: a package is missing or damaged (${reason}).\nRun npm install in Heed's folder.`);
  process.exit(1);
}
const [{ vulkanEnvironment }, { installDawn }, { importModule }] = harness;

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
  const { main } = /** @type {{ main(args: string[]): Promise<number> }} */ (
    await importModule('cli/main.ts')
  );
  process.exitCode = await main(process.argv.slice(2));
} finally {
  removeDawn();
}
