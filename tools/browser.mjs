// Finds a full Chrome or Chromium, and Firefox, and says how to start them with WebGPU. Node built-ins only: prepare.mjs runs
// this before anything is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** @returns {string[]} where Chrome and Chromium are on this system, best first */
function usualPlaces() {
  if (process.platform === 'darwin') {
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].flatMap((app) =>
      ['/Applications', join(homedir(), 'Applications')].map((root) =>
        join(root, `${app}.app`, 'Contents/MacOS', app),
      ),
    );
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': x86, LOCALAPPDATA } = process.env;
    const roots = [PROGRAMFILES, x86, LOCALAPPDATA].filter((root) => root !== undefined);
    return ['Google/Chrome', 'Chromium', 'Microsoft/Edge'].flatMap((app) =>
      roots.map((root) => join(root, app, 'Application', app.endsWith('Edge') ? 'msedge.exe' : 'chrome.exe')),
    );
  }
  const names = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser', 'microsoft-edge'];
  const path = (process.env['PATH'] ?? '').split(':');
  return names.flatMap((name) =>
    [...path, '/usr/bin', '/usr/local/bin', '/snap/bin'].map((d) => join(d, name)),
  );
}

/** @returns {string[]} full Chromes that Puppeteer downloaded earlier, newest first */
function puppeteerPlaces() {
  const cache = join(process.env['PUPPETEER_CACHE_DIR'] ?? join(homedir(), '.cache/puppeteer'), 'chrome');
  if (!existsSync(cache)) return [];
  const programs = [
    'chrome',
    'chrome.exe',
    'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing',
  ];
  return readdirSync(cache)
    .sort()
    .reverse()
    .flatMap((version) =>
      readdirSync(join(cache, version)).flatMap((build) =>
        programs.map((program) => join(cache, version, build, program)),
      ),
    );
}

/**
 * @returns {string | undefined} the program of a full Chrome or Chromium (headless-shell has no WebGPU)
 * @throws {Error} when PUPPETEER_EXECUTABLE_PATH or CHROME_PATH names a file that is not there
 */
export function findBrowser() {
  for (const name of ['PUPPETEER_EXECUTABLE_PATH', 'CHROME_PATH']) {
    const path = process.env[name];
    if (!path) continue;
    if (!existsSync(path)) throw new Error(`${name}: there is no ${path}. Correct or unset it.`);
    return path;
  }
  return [...usualPlaces(), ...puppeteerPlaces()].find((path) => existsSync(path));
}

/**
 * @returns {string | undefined} Firefox's program
 * @throws {Error} when FIREFOX_PATH names a file that is not there
 */
export function findFirefox() {
  const path = process.env['FIREFOX_PATH'];
  if (path && !existsSync(path)) throw new Error(`FIREFOX_PATH: there is no ${path}. Correct or unset it.`);
  if (path) return path;
  if (process.platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')]
      .map((folder) => join(folder, 'Firefox.app/Contents/MacOS/firefox'))
      .find((program) => existsSync(program));
  }
  if (process.platform === 'win32') {
    const { PROGRAMFILES, 'PROGRAMFILES(X86)': x86 } = process.env;
    return [PROGRAMFILES, x86]
      .filter((folder) => folder !== undefined)
      .map((folder) => join(folder, 'Mozilla Firefox', 'firefox.exe'))
      .find((program) => existsSync(program));
  }
  // A snap's Firefox cannot read the profile that Puppeteer makes.
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/bin', '/usr/local/bin'];
  return ['firefox-esr', 'firefox']
    .flatMap((name) => folders.filter((folder) => !/snap/.test(folder)).map((folder) => join(folder, name)))
    .find((program) => existsSync(program));
}

/** @param {string} program @returns {string} its own words, such as "Chromium 156.0 …" */
export function browserVersion(program) {
  if (process.platform === 'win32') return program; // chrome.exe --version opens a window there
  return execFileSync(program, ['--version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** Give headless Chromium a WebGPU adapter on a machine without a GPU: SwiftShader, which ships with it. */
export const chromiumFlags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--ignore-gpu-blocklist',
];

/** Give headless Firefox WebGPU, on Linux too, and on a software adapter. */
export const firefoxPreferences = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
};
