/**
 * The pages as they are deployed: built, served as plain files, under the policy that they bring. Each does its main job
 * once, and whatever else could break the policy: the browser reports no violation. The server sends the policy with every
 * file, so that it holds in workers, too: no eval and no WebAssembly there either.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, type Browser, type Page } from 'puppeteer';
import type { PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumFlags, findBrowser } from '../tools/browser.mjs';
import { GUIDES } from '../demo/site/guides';
import { PAGES } from '../demo/site/pages';
import { REFERENCE } from '../demo/site/reference';
import { builtSite, serveBuilt } from './harness/built-site';
import { PATIENCE } from './harness/demo-page';

let outDir: string;
let server: PreviewServer;
let browser: Browser;
beforeAll(async () => {
  outDir = await builtSite();
  const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(
    readFileSync(join(outDir, 'index.html'), 'utf8'),
  )!;
  const headers = { 'Content-Security-Policy': policy.replaceAll('&#39;', "'") };
  server = await serveBuilt([], headers);
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

/** Presses, once, everything on a page that chooses what it shows. */
function pressAll(): void {
  const choices = 'main input[type=radio], main input[type=checkbox], summary, #language, #theme';
  for (const choice of document.querySelectorAll<HTMLElement>(choices)) choice.click();
}

describe('a built page', { timeout: PATIENCE.test, concurrent: false }, () => {
  const pages: [path: string, job: string, selector: string, words: RegExp, save: string][] = [
    ['', 'its model says what comes next', '#live-bars', /\d %/, ''],
    ['train/language/', 'the loss falls', '#status', /(Step|步) [1-9]/, ''],
    ['train/tasks/', 'it shows examples', '#examples', /\d/, ''],
    ['train/tune/', 'its base writes', '#base-text', /^Impossible de[^]/, ''],
    ['try/write/', 'its model says what comes next', '#bars', /\d %/, ''],
    ['try/translate/', 'its model translates', '#hypotheses', /\w/, '#save-svg, #save-png'],
    ['try/understand/', 'its model fills a blank', '#fill-bars', /\d %/, ''],
    ['try/see/', 'its model says what is in a picture', '#words', /\w/, ''],
    ['try/graph/', 'its network tells classes', '#shares', /\d %/, ''],
    ['try/next/', 'its recommender says what follows', '#by-model', /\d %/, ''],
    ['inside/', 'its model is followed', '#check', /\d/, ''],
    ['inside/laboratory/', 'its head computes', '#head-check', /\w/, ''],
    ['models/', 'its model writes', '#reply', /^The old man[^]/, ''],
    ['gpu/', 'its button waits', '#status', /GPU|CPU/, ''],
    ['docs/', 'it lists the guides', '.guides', /Attention/, ''],
    ...GUIDES.map(({ name }): [string, string, string, RegExp, string] => {
      return [`docs/${name}/`, 'it reads well', '.guide p', /\w/, ''];
    }),
    ['docs/reference/', 'it lists the names', '.names', /GPT/, ''],
    ...REFERENCE.map(({ name }): [string, string, string, RegExp, string] => {
      return [`docs/reference/${name}/`, 'it says what they are', '#items li, #items section p', /\w/, ''];
    }),
  ];

  test('every page has a row here', () => {
    expect(pages.map(([path]) => path).sort()).toEqual(PAGES.map(({ path }) => path).sort());
  });

  test.each(pages)('%s: %s, within its policy', async (path, _, selector, words, save) => {
    const { page, complaints } = await open(path);
    const policy = await page.$eval('meta[http-equiv="Content-Security-Policy"]', (meta) =>
      meta.getAttribute('content'),
    );
    expect(policy).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(policy).not.toMatch(/unsafe|\*|blob:|http/);
    if (path === 'train/language/') {
      await page.waitForFunction(
        () => document.querySelector<HTMLButtonElement>('#train')?.disabled === false,
      );
      await page.$eval('#train', (button) => (button as HTMLButtonElement).click());
    }
    await page.waitForFunction(
      (where, pattern) =>
        [...document.querySelectorAll(where)].some((e) => new RegExp(pattern).test(e.textContent)),
      {},
      selector,
      words.source,
    );
    if (save) {
      await page.waitForFunction(
        (where) => [...document.querySelectorAll<HTMLButtonElement>(where)].every((e) => !e.disabled),
        {},
        save,
      );
      await page.$$eval(save, (all) => all.forEach((button) => (button as HTMLElement).click()));
    }
    await page.evaluate(pressAll);
    // The policy is in force, also in the worker: what is not of the page is refused.
    expect(complaints).toEqual([]);
    const [worker] = page.workers();
    const broken =
      worker &&
      (await worker.evaluate(async () => {
        await new Promise((resolve) => setTimeout(resolve)); // eval is allowed to the debugger itself
        const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
        const refused = (error: unknown): string => (error as Error).name;
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- it must not work
        const tries = [() => String(new Function('1')), () => WebAssembly.compile(empty).then(String)];
        return Promise.all(tries.map(async (attempt) => attempt()).map((result) => result.catch(refused)));
      }));
    if (worker) expect(broken).toEqual(['EvalError', 'CompileError']);
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
