// Fresh apps that install the package: each type-checks under its own settings, builds, and runs the README's examples in
// headless Chromium, Node or Deno. Prints a line for each and fails with any. Run: node tests/apps/run.mjs [APP…]
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { root, tarball } from '../../tools/package.mjs';
import { testEnvironment } from '../../tools/vulkan.mjs';
import { copyApp, writeExamples } from './examples.mjs';
import { visit } from './site.mjs';

const run = promisify(execFile);
const MINUTE = 60_000;
/** Half of what a kernel costs on lavapipe is LLVM's optimisation, which kernels that run a few times do not pay back. */
const environment = { ...process.env, ...testEnvironment(), NO_COLOR: '1' };

/** @param {string} folder @param {string} program of node_modules @param {string[]} args */
async function bin(folder, program, ...args) {
  return node(folder, join(folder, 'node_modules', program), ...args);
}

/** @param {string} folder @param {string[]} args @returns {Promise<string>} what it wrote */
async function node(folder, ...args) {
  try {
    const options = { cwd: folder, env: environment, timeout: 15 * MINUTE, maxBuffer: 1 << 26 };
    return (await run(process.execPath, args, options)).stdout;
  } catch (error) {
    const { stdout, stderr, message } = /** @type {{ stdout: string, stderr: string, message: string }} */ (
      error
    );
    throw new Error(`${stdout}\n${stderr}`.trim() || message, { cause: error });
  }
}

/** @param {string} folder @param {string} page @returns {Promise<string>} */
async function page(folder, page) {
  const { done, complaints } = await visit(folder, page, { minutes: 15 });
  const wrong = complaints.filter((line) => !line.includes('favicon') && !line.includes('404'));
  if (!done?.['end'] || wrong.length > 0)
    throw new Error([done?.['error'], ...wrong].filter(Boolean).join('\n'));
  return JSON.stringify(done);
}

/** The last line of what a program wrote, which says that the examples ran. @param {string} written */
function outcome(written) {
  const line = written.trim().split('\n').at(-1) ?? '';
  if (!line.includes('"end":true')) throw new Error(`the examples did not come to their end: ${line}`);
  return line;
}

/**
 * `wants`: packages besides heed. `source`: where the examples go. `run`: checks, builds and runs it, and tells.
 * @type {Record<string, { wants: string[], source: string | null, run: (folder: string) => Promise<string> }>}
 */
const apps = {
  vite: {
    wants: ['vite', 'typescript'],
    source: 'src',
    async run(folder) {
      await bin(folder, 'typescript/bin/tsc');
      await bin(folder, 'vite/bin/vite.js', 'build');
      return page(join(folder, 'dist'), 'index.html');
    },
  },
  webpack: {
    wants: ['webpack', 'webpack-cli', 'ts-loader', 'typescript@5.9'],
    source: 'src',
    async run(folder) {
      await bin(folder, 'typescript/bin/tsc');
      await bin(folder, 'webpack-cli/bin/cli.js');
      copyFileSync(join(folder, 'index.html'), join(folder, 'dist/index.html'));
      return page(join(folder, 'dist'), 'index.html');
    },
  },
  esbuild: {
    wants: ['esbuild', 'typescript@6'],
    source: 'src',
    async run(folder) {
      await bin(folder, 'typescript/bin/tsc');
      const options = ['--bundle', '--format=esm', '--splitting', '--minify', '--outdir=dist'];
      await run(join(folder, 'node_modules/esbuild/bin/esbuild'), ['src/main.ts', ...options], {
        cwd: folder,
      });
      copyFileSync(join(folder, 'index.html'), join(folder, 'dist/index.html'));
      return page(join(folder, 'dist'), 'index.html');
    },
  },
  html: {
    wants: [],
    source: null,
    run: (folder) => page(folder, 'index.html'),
  },
  node: {
    wants: ['webgpu', 'typescript', '@types/node'],
    source: 'src',
    async run(folder) {
      await bin(folder, 'typescript/bin/tsc');
      return outcome(await node(folder, 'dist/main.js'));
    },
  },
  deno: {
    wants: [],
    source: '.',
    async run(folder) {
      const deno = join(root, 'node_modules/deno/bin.cjs');
      await node(folder, deno, 'check', 'main.ts');
      return outcome(await node(folder, deno, 'run', '-A', 'main.ts'));
    },
  },
};

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(apps);
const unknown = asked.filter((name) => !(name in apps));
if (unknown.length > 0) {
  console.error(`apps: no app ${unknown.join(', ')}. There are ${Object.keys(apps).join(', ')}.`);
  process.exit(2);
}
const packed = tarball();
for (const name of asked) {
  const app = /** @type {(typeof apps)[string]} */ (apps[name]);
  const folder = join(root, '.build/apps', name);
  const start = performance.now();
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    copyApp(name, folder);
    if (!existsSync(join(folder, 'package.json'))) {
      writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
    }
    if (app.source !== null) {
      copyFileSync(join(root, 'tests/apps/shared/readme.ts'), join(folder, app.source, 'readme.ts'));
      writeExamples(join(folder, app.source, 'examples'));
    }
    const quiet = ['--no-audit', '--no-fund', '--no-package-lock'];
    await run('npm', ['install', packed, ...app.wants, ...quiet], {
      cwd: folder,
      shell: process.platform === 'win32',
    });
    const told = await app.run(folder);
    console.log(
      `apps: ${name.padEnd(8)} ok      ${((performance.now() - start) / 1000).toFixed(0)} s  ${told}`,
    );
  } catch (error) {
    process.exitCode = 1;
    console.log(`apps: ${name.padEnd(8)} FAILED  ${/** @type {Error} */ (error).message}`);
  }
}
// Sizes with the bundler that this checkout does without; the others are measured by `npm run size`.
if (process.argv.length === 2) {
  try {
    console.log((await node(root, join(root, 'tools/size.mjs'), 'webpack')).trim());
  } catch (error) {
    process.exitCode = 1;
    console.log(/** @type {Error} */ (error).message);
  }
}
