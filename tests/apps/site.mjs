// Serves an app's folder and opens its page in headless Chromium on SwiftShader.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { launch } from 'puppeteer';
import { chromiumFlags, findBrowser } from '../../tools/browser.mjs';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
};

/**
 * Loads a page of a folder and waits until it has set `done.end` or `done.error`.
 *
 * @param {string} folder
 * @param {string} page
 * @param {{ minutes?: number }} [options] how long it may take
 * @returns {Promise<{ done: Record<string, unknown>, missing?: Record<string, boolean>, complaints: string[] }>} what the page left in these globals
 */
export async function visit(folder, page, { minutes = 8 } = {}) {
  // Scripts of its own only; an import map stands in the page, and is allowed by its hash.
  const map = /<script type="importmap">([^]*?)<\/script>/.exec(
    readFileSync(join(folder, page), 'utf8'),
  )?.[1];
  const hash = map === undefined ? '' : ` 'sha256-${createHash('sha256').update(map).digest('base64')}'`;
  const policy = `default-src 'none'; script-src 'self'${hash}; worker-src 'self'; connect-src 'self'`;
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://app').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': policy,
    });
    response.end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const browser = await launch({
    executablePath: findBrowser(),
    headless: false,
    args: chromiumFlags,
    protocolTimeout: minutes * 60_000,
  });
  /** @type {string[]} */
  const complaints = [];
  try {
    const opened = await browser.newPage();
    opened.on('pageerror', (error) => complaints.push(String(error)));
    opened.on('requestfailed', (request) =>
      complaints.push(`${request.url()}: ${request.failure()?.errorText}`),
    );
    opened.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await opened.goto(`http://127.0.0.1:${port}/${page}`);
    await opened
      .waitForFunction('globalThis.done?.end || globalThis.done?.error', {
        timeout: minutes * 60_000,
        polling: 200,
      })
      .catch((/** @type {Error} */ error) => complaints.push(error.message));
    const left = /** @type {{ done: Record<string, unknown>, missing?: Record<string, boolean> }} */ (
      await opened.evaluate('({ done: globalThis.done, missing: globalThis.missing })')
    );
    return { ...left, complaints };
  } finally {
    await browser.close();
    server.close();
  }
}
