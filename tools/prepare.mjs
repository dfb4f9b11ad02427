// Makes a bare machine ready for `npm test` and `npm start`: dependencies, browsers, Vulkan drivers. Node
// built-ins only, because node_modules may not be there yet. Run: node tools/prepare.mjs test|start
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { browserVersion, findBrowser, findFirefox } from './browser.mjs';
import { findLavapipe, mesaVersion, vulkanEnvironment } from './vulkan.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const minutes = 60_000;

/** @param {string} text */
const say = (text) => process.stdout.write(`prepare: ${text}\n`);

/**
 * Runs a program with its output on ours.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to our own
 * @returns {boolean} whether it ended well
 */
function run(program, args, env = {}) {
  say([program, ...args].join(' '));
  return (
    spawnSync(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', program === 'apt-get' ? 'ignore' : 'inherit', 'inherit'], // apt-get tells every file
      shell: process.platform === 'win32', // npm is npm.cmd there
      timeout: 15 * minutes,
    }).status === 0
  );
}

/** `npm ci` when there is no install, or when the lock file changed since. */
function dependencies() {
  const lock = join(root, 'package-lock.json');
  const installed = join(root, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // Tests and types are development dependencies, whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  if (!run('npm', args, { PUPPETEER_SKIP_DOWNLOAD: '1' })) {
    throw new Error('npm ci failed. Read its message above; it needs a package registry.');
  }
}

/** @returns {Record<string, string>} the fields of /etc/os-release */
function release() {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?(.*?)"?$/gm);
  return Object.fromEntries(Array.from(lines, ([, name, value]) => [name, value]));
}

const os = release();
const mayInstall = process.getuid?.() === 0 && /\bdebian\b/.test(`${os['ID']} ${os['ID_LIKE'] ?? ''}`);

/**
 * @param {string[]} packages
 * @param {string[]} [options] for both update and install
 * @param {string[]} [installOptions]
 */
function apt(packages, options = [], installOptions = []) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0'];
  return (
    run('apt-get', ['update', '-qq', ...options], env) &&
    run('apt-get', [...install, ...options, ...installOptions, ...packages], env)
  );
}

/** @returns {boolean} whether a full Chrome or Chromium is there and starts */
function browserWorks() {
  const program = findBrowser();
  if (!program) return false;
  try {
    say(`${browserVersion(program)} (${program})`);
    return true;
  } catch {
    say(`${program} does not start; it may lack shared libraries.`);
    return false;
  }
}

/** A full Chrome or Chromium. On Debian as root, apt first: it brings the shared libraries along. */
function browser() {
  if (browserWorks()) return;
  if (mayInstall && apt(['chromium', 'libvulkan1']) && browserWorks()) return;
  const puppeteer = join(root, 'node_modules/puppeteer/lib/cjs/puppeteer/node/cli.js');
  if (run(process.execPath, [puppeteer, 'browsers', 'install', 'chrome']) && browserWorks()) return;
  throw new Error(
    'no full Chrome or Chromium starts here. Install one (Debian: apt-get install chromium) or set CHROME_PATH.',
  );
}

/** Firefox, on Debian as root. Elsewhere its suite is skipped by name where there is none. */
function firefox() {
  if (!findFirefox() && mayInstall) apt(['firefox-esr']);
  const program = findFirefox();
  if (!program) return say('no Firefox: its suite will be skipped. Install it or set FIREFOX_PATH.');
  try {
    say(`${browserVersion(program)} (${program})`);
  } catch {
    say(`${program} does not start: its suite will fail. Mend it, or set FIREFOX_PATH.`);
  }
}

/**
 * Debian 12's own lavapipe (Mesa 22) has no shader-f16; the one in its backports has. The extra source lives in
 * a folder of ours, made from the machine's own sources: those stay as they are.
 *
 * @returns {string[] | undefined} apt options, or undefined where the machine has no source to derive it from
 */
function backports() {
  const release = `${os['VERSION_CODENAME']}`;
  const stanzas = '/etc/apt/sources.list.d/debian.sources';
  const lines = '/etc/apt/sources.list';
  const read = (/** @type {string} */ file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');
  const suites = (/** @type {string} */ stanza) => /^Suites:(.*)/m.exec(stanza)?.[1]?.trim().split(/\s+/);
  const stanza = read(stanzas)
    .split(/\n\s*\n/)
    .find((text) => suites(text)?.includes(release));
  const line = new RegExp(`^deb .* ${release} .*main.*$`, 'm').exec(read(lines))?.[0];
  const folder = join(root, '.cache/apt-sources');
  mkdirSync(folder, { recursive: true });
  if (stanza) {
    cpSync(stanzas, join(folder, 'debian.sources'));
    const text = stanza.replace(/^Suites:.*$/m, `Suites: ${release}-backports`);
    writeFileSync(join(folder, 'backports.sources'), `${text}\n`);
  } else if (line) {
    cpSync(lines, join(folder, 'debian.list'));
    writeFileSync(
      join(folder, 'backports.list'),
      `${line.replace(` ${release} `, ` ${release}-backports `)}\n`,
    );
  } else {
    return undefined;
  }
  return ['-o', `Dir::Etc::SourceParts=${folder}`, '-o', 'Dir::Etc::SourceList=/dev/null'];
}

/**
 * On Debian 12, packages that are newer in its backports.
 *
 * @param {string[]} packages
 * @returns {boolean} whether they are installed
 */
function installNew(packages) {
  const old = os['VERSION_CODENAME'] === 'bookworm';
  const options = old ? backports() : [];
  return Boolean(options && apt(packages, options, old ? ['-t', `${os['VERSION_CODENAME']}-backports`] : []));
}

/** Lavapipe for the dawn and deno suites; without it they run on Chromium's SwiftShader, in f32 only. */
function vulkan() {
  if (process.platform !== 'linux') return;
  if (
    !process.env['VK_DRIVER_FILES'] &&
    mayInstall &&
    !(findLavapipe() && Number.parseInt(mesaVersion(), 10) >= 24)
  ) {
    const done = installNew(['mesa-vulkan-drivers', 'libvulkan1']);
    if (!done) say('no newer lavapipe to be had: f16 variants will be skipped by name.');
  }
  say(`Vulkan driver for Dawn and Deno: ${vulkanEnvironment()['VK_DRIVER_FILES']}`);
}

/** Headers for bench/gpu-static, which compiles for GPUs that are not there. Without them its test is skipped by name. */
function headers() {
  const missing = ['/usr/include/vulkan/vulkan.h', '/usr/include/xf86drm.h'].some(
    (file) => !existsSync(file),
  );
  const compiler = spawnSync('cc', ['--version']).status === 0;
  if (process.platform === 'linux' && mayInstall && missing && compiler && !process.env['CPATH'])
    installNew(['libvulkan-dev', 'libdrm-dev']);
}

try {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`Node ${process.version} is too old; use 20.19.`);
  const testing = process.argv[2] !== 'start';
  dependencies();
  if (testing) {
    browser();
    firefox();
    vulkan();
    headers();
  } else {
    // The page needs a browser, its server does not: on somebody's own machine a missing one is only a word.
    try {
      browser();
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  }
} catch (error) {
  process.stderr.write(`prepare: ${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 1;
}
