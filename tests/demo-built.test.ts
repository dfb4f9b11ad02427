/**
 * The policy of every page as it is deployed: it is strict, it is in force in the page and in its worker, and nothing that a page shows
 * breaks it. The server sends it with every file (harness/built-site.ts), so that the tests of single pages hold under it, too: those
 * wait for what a page computes, and save what it saves.
 */
import { launch, type Browser, type Page } from 'puppeteer';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumFlags, findBrowser } from '../tools/browser.mjs';
import { GUIDES } from '../demo/site/guides';
import { PAGES } from '../demo/site/pages';
import { REFERENCE } from '../demo/site/reference';
import { serveBuilt } from './harness/built-site';
import { PATIENCE } from './harness/demo-page';

let server: PreviewServer;
let browser: Browser;
beforeAll(async () => {
  server = await serveBuilt();
  browser = await launch({
    executablePath: findBrowser(),
    headless: false,
    args: [...chromiumFlags, '--lang=en'],
  });
}, PATIENCE.hook);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens a page; what breaks its policy, and what it complains of, collects in `complaints`. */
async function open(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warn') complaints.push(message.text());
  });
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.setDefaultTimeout(PATIENCE.hook);
  await page.goto(new URL(path, server.resolvedUrls!.local[0]).href, { waitUntil: 'load' });
  await page.waitForSelector('main.entered');
  return { page, complaints };
}

/** Makes code of strings and of bytes, in a worker. Returns the names of the errors. */
async function makeCode(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve)); // eval is allowed to the debugger itself
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const refused = (error: unknown): string => (error as Error).name;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it must not work
  const tries = [() => String(new Function('1')), () => WebAssembly.compile(empty).then(String)];
  return Promise.all(tries.map(async (attempt) => attempt()).map((result) => result.catch(refused)));
}

/** Presses, once, everything on a page that chooses what it shows. */
function pressAll(): void {
  const choices = 'main input[type=radio], main input[type=checkbox], summary, #language, #theme';
  for (const choice of document.querySelectorAll<HTMLElement>(choices)) choice.click();
}

describe('a built page', { timeout: PATIENCE.test, concurrent: false }, () => {
  /** What shows that a page is there. Of others it is the adapter, which their worker tells. */
  const computed: Readonly<Record<string, readonly [selector: string, words: RegExp]>> = {
    '': ['#live-bars', /\d %/], // no other test visits it
    'docs/': ['.guides', /Attention/],
    'docs/reference/': ['.names', /GPT/],
    ...Object.fromEntries(GUIDES.map(({ name }) => [`docs/${name}/`, ['.guide p', /\w/]])),
    ...Object.fromEntries(
      REFERENCE.map(({ name }) => [`docs/reference/${name}/`, ['#items li, #items section p', /\w/]]),
    ),
  };

  test.each(PAGES.map(({ path }) => path))('%s: says what it says within its policy', async (path) => {
    const { page, complaints } = await open(path);
    const policy = await page.$eval('meta[http-equiv="Content-Security-Policy"]', (meta) =>
      meta.getAttribute('content'),
    );
    expect(policy).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(policy).not.toMatch(/unsafe|\*|blob:|http/);
    const [selector, words] = computed[path] ?? ['#adapter', /\w/];
    await page.waitForFunction(
      (where, pattern) =>
        [...document.querySelectorAll(where)].some((e) => new RegExp(pattern).test(e.textContent)),
      {},
      selector,
      words.source,
    );
    await page.evaluate(pressAll);
    // The policy is in force, also in the worker: what is not of the page is refused.
    expect(complaints).toEqual([]);
    const [worker] = page.workers();
    if (!path.startsWith('docs/')) expect(worker).toBeDefined();
    if (worker) expect(await worker.evaluate(makeCode)).toEqual(['EvalError', 'CompileError']);
    const inline = await page.evaluate(() => {
      document.body.append(
        Object.assign(document.createElement('script'), { textContent: 'window.broken = 1' }),
      );
      return 'broken' in window;
    });
    expect(inline).toBe(false);
    expect(complaints.join()).toMatch(/Executing inline script violates/);
    await page.close();
  });
});
