// The package as people get it: packed from this checkout, and laid into an app's folder.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const packed = join(root, '.build/package');
/** What the package is made from. */
const SOURCES = ['engine', 'models', 'corpora', 'cli', 'tools', 'package.json', 'package-lock.json'];
const SETTINGS = ['vite.lib.config.ts', 'vite.cli.config.ts', 'tsconfig.json', 'tsconfig.build.json'];
const PAGES = ['README.md', 'CHANGELOG.md', 'LICENSE'];

/** @param {string} path @returns {number} when a file, or the newest one in a folder, changed */
function changed(path) {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(
    statSync(path).mtimeMs, // a file that went changes its folder
    ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(join(path, name)).mtimeMs,
    ),
  );
}

/**
 * The tarball that `npm publish` would send, made anew when something changed since. Test files that run side by side
 * build it once: who comes second waits.
 *
 * @returns {string}
 */
export function tarball() {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const file = join(packed, `${name}-${version}.tgz`);
  const newest = Math.max(...[...SOURCES, ...SETTINGS, ...PAGES].map((path) => changed(join(root, path))));
  const lock = join(packed, 'building');
  mkdirSync(packed, { recursive: true });
  for (;;) {
    if (existsSync(file) && statSync(file).mtimeMs > newest && !existsSync(lock)) return file;
    try {
      mkdirSync(lock);
      break;
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (Date.now() - since > 5 * 60_000) rmSync(lock, { recursive: true, force: true }); // its builder was ended
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    const quiet = /** @type {const} */ (['ignore', 'ignore', 'inherit']);
    execFileSync(process.execPath, [join(root, 'tools/build.mjs')], { cwd: root, stdio: [...quiet] });
    const args = ['pack', '--ignore-scripts', '--pack-destination', packed];
    execFileSync('npm', args, { cwd: root, stdio: 'ignore', shell: process.platform === 'win32' });
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
  return file;
}

/**
 * Lays the package into an app's folder as an installer would, without asking a registry: what it depends on, and what
 * the app wants besides, is taken from this checkout.
 *
 * @param {string} folder of the app, made anew
 * @param {readonly string[]} [others] further packages
 */
export function install(folder, others = []) {
  rmSync(folder, { recursive: true, force: true });
  const home = join(folder, 'node_modules/heed');
  mkdirSync(home, { recursive: true });
  // Without one, the folder would be part of this repository, which calls itself heed, too.
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  execFileSync('tar', ['-xzf', tarball(), '-C', home, '--strip-components', '1']);
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  for (const name of [...Object.keys(dependencies), ...others]) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(realpathSync(join(root, 'node_modules', name)), place, 'junction');
  }
}

/** A bundler that this checkout does without: installed on demand, once. @param {string} name @returns {Promise<any>} */
export async function bundler(name) {
  const folder = join(root, '.build/bundlers', name);
  if (!existsSync(join(folder, 'node_modules', name))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    execFileSync('npm', ['install', name, ...quiet], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  }
  return createRequire(join(folder, 'package.json'))(name);
}
