/** The demo's pages, as they are deployed, in headless Chromium on SwiftShader, as a visitor uses them: through accessible names. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { launch, type Browser, type ElementHandle, type Page } from 'puppeteer';
import type { Plugin, PreviewServer } from 'vite';
import { expect } from 'vitest';
import { chromiumFlags, findBrowser } from '../../tools/browser.mjs';
import { serveBuilt } from './built-site';
import { openFirefox } from './firefox';

export const SECOND = 1000;
/**
 * Limits, in milliseconds, that only what hangs meets: a machine whose cores others use takes several times as long as
 * one at rest.
 */
export const PATIENCE = { hook: 600 * SECOND, test: 1200 * SECOND } as const;
const WAIT = 400 * SECOND;

/** What a page's own observers saw. */
export interface Observed {
  /** Layout shifts that no input explains, and which elements they moved. */
  readonly shifts: { readonly value: number; readonly moved: readonly string[] }[];
}

/** An event of a Chromium trace; `tdur`: microseconds that its thread computed, waiting for a core left out. */
interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** A file under /slow, of no use to anyone, that takes its time. */
const slowFile: Plugin = {
  name: 'heed:slow-file',
  configurePreviewServer({ middlewares }) {
    middlewares.use('/slow', (_, response) => void setTimeout(() => response.end('nothing'), 5 * SECOND));
  },
};

/** Its profile and its downloads are in `folder`. */
async function openChromium(folder: string): Promise<Browser> {
  const [userDataDir, downloadPath] = [join(folder, 'profile'), join(folder, 'downloads')];
  const args = [...chromiumFlags, '--lang=en'];
  const browser = await launch({ executablePath: findBrowser(), headless: false, args, userDataDir });
  const client = await browser.target().createCDPSession();
  await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath });
  return browser;
}

/** One server for all files that this process tests. */
let server: Promise<PreviewServer> | undefined;

/** The demo in a browser with an empty profile. */
export class DemoSite {
  /** What pages and their workers complained of. */
  readonly complaints: string[] = [];
  /** Of the first page. */
  readonly address: string;
  #browser: Browser;
  readonly #folder: string;

  private constructor(address: string, browser: Browser, folder: string) {
    this.address = address;
    this.#browser = browser;
    this.#folder = folder;
  }

  static async open(host: 'chromium' | 'firefox' = 'chromium'): Promise<DemoSite> {
    const folder = await mkdtemp(join(tmpdir(), 'heed-demo-'));
    const [{ resolvedUrls }, browser] = await Promise.all([
      (server ??= serveBuilt([slowFile])),
      host === 'firefox' ? openFirefox() : openChromium(folder),
    ]);
    return new DemoSite(resolvedUrls!.local[0], browser, folder);
  }

  /** Kills Chromium, with all its processes, in the middle of whatever it does, and starts it again on its profile. */
  async killBrowser(): Promise<void> {
    const ended = new Promise((resolve) => this.#browser.once('disconnected', resolve));
    process.kill(-this.#browser.process()!.pid!, 'SIGKILL'); // Puppeteer gives it a process group of its own
    await ended;
    this.#browser = await openChromium(this.#folder);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Opens a page in a new tab; `prepare` runs before it loads. */
  async visit(path: string, prepare?: (fresh: Page) => Promise<unknown>): Promise<Visitor> {
    const fresh = await this.#browser.newPage();
    fresh.on('pageerror', (error) => this.complaints.push(String(error)));
    fresh.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warn') this.complaints.push(message.text());
    });
    fresh.setDefaultTimeout(WAIT);
    fresh.setDefaultNavigationTimeout(WAIT);
    await fresh.setViewport({ width: 1280, height: 900 });
    await fresh.evaluateOnNewDocument(observe);
    await prepare?.(fresh);
    await fresh.goto(new URL(path, this.address).href, { waitUntil: 'load' });
    return new Visitor(fresh, this.#folder);
  }

  /** Opens a page in whose scope, and in whose workers' scope, `fault` runs before anything else. */
  visitWithFault(path: string, fault: () => void): Promise<Visitor> {
    return this.visit(path, async (fresh) => {
      await fresh.setBypassCSP(true); // a worker that begins with other code than the page's
      await fresh.evaluateOnNewDocument(fault);
      await fresh.evaluateOnNewDocument((code: string) => {
        const RealWorker = Worker;
        window.Worker = class extends RealWorker {
          constructor(url: string | URL, options?: WorkerOptions) {
            const lines = `import ${JSON.stringify(new URL(url, location.href).href)}; (${code})();`;
            super(URL.createObjectURL(new Blob([lines], { type: 'text/javascript' })), options);
          }
        };
      }, String(fault));
    });
  }

  /** The same without WebGPU, in English and with nothing remembered. */
  visitWithoutWebGPU(path: string): Promise<Visitor> {
    return this.visit(path, (fresh) =>
      fresh.evaluateOnNewDocument(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
        localStorage.clear();
      }),
    );
  }
}

/** A button that can be seen, by its accessible name. */
const ofButton = (name: string): string => `::-p-aria([name="${name}"][role="button"])`;

/** One tab. */
export class Visitor {
  readonly page: Page;
  /** What the page asked before it went on, newest last. */
  readonly asked: string[] = [];
  /** What the visitor says to that. Leaving the page is always confirmed. */
  answer = true;
  readonly #folder: string;

  constructor(page: Page, folder: string) {
    this.page = page;
    this.#folder = folder;
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'beforeunload') return void dialog.accept();
      this.asked.push(dialog.message());
      void (this.answer ? dialog.accept() : dialog.dismiss());
    });
  }

  button(name: string) {
    return this.page.locator(ofButton(name)).setTimeout(WAIT);
  }

  /**
   * Clicks a button that can be hit: it is enabled, and nothing lies over its middle. The page clicks it in the moment that
   * it looks, since a mouse that comes a moment later may meet another element, where the layout moves. Fails where several of that
   * name are there: nobody who hears the page could tell them apart.
   */
  async press(name: string): Promise<void> {
    const hit = async (): Promise<boolean> => {
      const handle = await this.button(name).waitHandle();
      const named = await this.page.$$(ofButton(name));
      if (named.length > 1) throw new Error(`there are ${named.length} buttons "${name}"`);
      const clicked = handle.evaluate((e) => {
        if (!(e instanceof HTMLElement) || e.matches(':disabled')) return false;
        e.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { left, top, width, height } = e.getBoundingClientRect();
        if (!e.contains(document.elementFromPoint(left + width / 2, top + height / 2))) return false;
        e.click();
        return true;
      });
      return clicked.catch(() => true); // the click has left the page
    };
    await this.until(`"${name}" can be hit`, hit);
  }

  /** Clicks what a selector finds, wherever it lies. */
  clickOn(selector: string): Promise<void> {
    return this.page.$eval(selector, (e) => (e as HTMLElement).click());
  }

  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (e) => e.textContent);
  }

  texts(selector: string): Promise<string[]> {
    return this.page.$$eval(selector, (all) => all.map((e) => e.textContent));
  }

  /** Waits until what `read` gives is as wanted (default: true); a failure tells what the page said instead. */
  async until<T>(what: string, read: () => Promise<T>, reached: (now: T) => boolean = Boolean): Promise<T> {
    const end = performance.now() + WAIT;
    for (;;) {
      const now = await read();
      if (reached(now)) return now;
      if (performance.now() > end) {
        const said = await this.texts('#status, #notices, .problem');
        expect.fail(
          `${what}: still ${JSON.stringify(now)} after ${WAIT / SECOND} s. The page says: ${said.join(' | ')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  untilText(selector: string, words: RegExp): Promise<string> {
    return this.until(
      `${selector} ${words}`,
      () => this.text(selector),
      (now) => words.test(now),
    );
  }

  /** Sets an input's value as dragging it or typing into it does. */
  enter(selector: string, value: number | string): Promise<void> {
    return this.page.$eval(
      selector,
      (input, to) => {
        (input as HTMLInputElement).value = String(to);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      },
      value,
    );
  }

  /** Chooses a file in a hidden file input, as the button in front of it does. */
  choose(input: string, name: string, content: Uint8Array | string): Promise<void> {
    return this.chooseAll(input, { [name]: content });
  }

  /** Chooses several at once. */
  async chooseAll(input: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
    const paths = Object.keys(files).map((name) => join(this.#folder, name));
    for (const [i, content] of Object.values(files).entries()) await writeFile(paths[i], content);
    const found = (await this.page.$(input)) as ElementHandle<HTMLInputElement>;
    await found.uploadFile(...paths);
  }

  /** Presses a button and reads the file that the browser downloads then. */
  async download(button: string, extension: string): Promise<{ name: string; bytes: Buffer }> {
    const downloads = join(this.#folder, 'downloads');
    await this.press(button);
    const name = await this.until('download', async () =>
      (await readdir(downloads).catch(() => [])).find((file) => file.endsWith(extension)),
    );
    const path = join(downloads, name!);
    const bytes = await readFile(path);
    await rm(path);
    return { name: name!, bytes };
  }

  /** Whether the page would ask before it is left. */
  asksToStay(): Promise<boolean> {
    return this.page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })));
  }

  /**
   * The longest task of the page's main thread while `during` goes on, in milliseconds of CPU time: how busy the machine
   * is counts little. Other open pages count too.
   */
  async longestTask(during: () => Promise<unknown>): Promise<number> {
    const nextTask = () => this.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    await this.page.tracing.start({ categories: ['-*', 'disabled-by-default-devtools.timeline'] });
    let trace: Uint8Array | undefined;
    try {
      await nextTask();
      await during();
      await nextTask();
    } finally {
      trace = await this.page.tracing.stop();
    }
    const { traceEvents } = JSON.parse(Buffer.from(trace!).toString()) as { traceEvents: TraceEvent[] };
    const threads = traceEvents.filter((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain');
    const main = new Set(threads.map(({ pid, tid }) => `${pid} ${tid}`));
    // A task that the trace begins or ends in has no time: hence a task of its own at either end.
    const tasks = traceEvents.filter(
      (e) => e.name === 'RunTask' && main.has(`${e.pid} ${e.tid}`) && e.tdur !== undefined,
    );
    expect(tasks.length).toBeGreaterThan(0);
    return tasks.reduce((most, { tdur }) => Math.max(most, tdur! / 1000), 0);
  }

  /** Fails where things moved by themselves: a cumulative layout shift of 0.02 and more, with the elements that moved. */
  async expectStill(): Promise<void> {
    const { shifts } = await this.page.evaluate(() => (window as unknown as { observed: Observed }).observed);
    const moved = shifts.map(({ value, moved }) => `${value.toFixed(4)}: ${moved.join(', ')}`);
    const sum = shifts.reduce((before, { value }) => before + value, 0);
    expect(sum, moved.join('; ')).toBeLessThan(0.02);
  }

  /** What a crash of the driver does. */
  loseDevice(): Promise<void> {
    return this.page.evaluate(() =>
      (window as unknown as { __heed: { loseDevice(): Promise<void> } }).__heed.loseDevice(),
    );
  }

  /** Width that the page would scroll over, once what it draws anew for another width is drawn. */
  scrollWidth(): Promise<number> {
    return this.page.evaluate(async () => {
      for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
      return document.documentElement.scrollWidth;
    });
  }

  /** What axe finds, as rule: element. Colours that are on their way would be measured half-way: have motion reduced. */
  async violations(): Promise<string[]> {
    const there = await this.page.evaluate(() => 'axe' in window);
    if (!there) await this.page.evaluate(axe.source); // a script tag would break the policy
    return this.page.evaluate(async () => {
      const { axe: inPage } = window as unknown as { axe: typeof axe };
      const rules = { 'target-size': { enabled: true } };
      const { violations: found } = await inPage.run(document, { rules, resultTypes: ['violations'] });
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    });
  }

  colorScheme(): Promise<string> {
    return this.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  }

  /** Strings of the page's markup that are not there. */
  missingStrings(): Promise<(string | null)[]> {
    return this.page.$$eval('[data-string]', (all) =>
      all.filter((e) => e.textContent.trim() === '').map((e) => e.getAttribute('data-string')),
    );
  }
}

/** Runs in the page, before its own scripts. */
function observe(): void {
  const observed: Observed = { shifts: [] };
  Object.assign(window, { observed });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources: readonly { readonly node: Node | null }[];
    })[]) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node }) => {
        const { nodeName, id, className } = (node ?? {}) as Partial<Element>;
        return `${nodeName ?? 'gone'}${id ? `#${id}` : ''}${className ? `.${className}` : ''}`;
      });
      observed.shifts.push({ value: entry.value, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}
