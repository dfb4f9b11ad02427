/**
 * The demo page from end to end, in headless Chromium on SwiftShader, as a visitor uses it: through accessible names.
 * The tests share one page and build on each other: what one trained, the next pauses, saves and loads.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Browser, type ElementHandle, type Page } from 'puppeteer';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumFlags, findBrowser } from './harness/browser.mjs';

const SECOND = 1000;
let folder: string;
let server: ViteDevServer;
let browser: Browser;
let page: Page;
/** Main-thread tasks over 50 ms, by the time they began. */
interface LongTask {
  readonly start: number;
  readonly duration: number;
}

const button = (name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="button"])`).setTimeout(20 * SECOND);
const press = (name: string): Promise<void> => button(name).click();
const status = (): Promise<string> => page.$eval('[role=status]', (e) => e.textContent);
const step = async (): Promise<number> => Number(/Step (\d+)/.exec(await status())![1]);
const loss = async (): Promise<number> => Number(/Loss ([\d.]+|–)/.exec(await status())![1]);
const text = (selector: string): Promise<string> => page.$eval(selector, (e) => e.textContent);

/** Waits until the page's own text says so; a failure tells what it said instead. */
async function until(what: string, reached: () => Promise<boolean>, seconds = 40): Promise<void> {
  const end = performance.now() + seconds * SECOND;
  while (!(await reached())) {
    if (performance.now() > end) {
      expect.fail(
        `${what}: not after ${seconds} s. Status: ${await status()}. Notices: ${await text('#notices')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const untilStep = (least: number): Promise<void> =>
  until(`step ${least}`, async () => (await step()) >= least, 60);
const untilState = (name: string): Promise<void> =>
  until(name, async () => (await status()).startsWith(name));

/** Chooses a file in a hidden file input, as the button in front of it does. */
async function choose(input: string, name: string, content: Uint8Array | string): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, content);
  const found = (await page.$(input)) as ElementHandle<HTMLInputElement>;
  await found.uploadFile(path);
}

/** Presses "Save checkpoint" and reads the file that the browser downloads. */
async function save(): Promise<{ bytes: Buffer; losses: number[] }> {
  const downloads = join(folder, 'downloads');
  await press('Save checkpoint');
  let name: string | undefined;
  await until('download', async () => {
    name = (await readdir(downloads).catch(() => [])).find((file) => file.endsWith('.safetensors'));
    return name !== undefined;
  });
  const path = join(downloads, name!);
  const bytes = await readFile(path);
  await rm(path);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as {
    __metadata__: { extras: string };
  };
  const extras = JSON.parse(header.__metadata__.extras) as { page: string };
  return { bytes, losses: (JSON.parse(extras.page) as { history: { losses: number[] } }).history.losses };
}

async function openPage(prepare?: (fresh: Page) => Promise<unknown>): Promise<Page> {
  const fresh = await browser.newPage();
  await fresh.setViewport({ width: 1280, height: 900 });
  await prepare?.(fresh);
  await fresh.evaluateOnNewDocument(() => {
    const tasks: LongTask[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) tasks.push({ start: startTime, duration });
    }).observe({ type: 'longtask' });
  });
  await fresh.goto(server.resolvedUrls!.local[0], { waitUntil: 'load' });
  return fresh;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heed-demo-'));
  server = await createServer({
    configFile: 'vite.config.ts',
    configLoader: 'runner',
    logLevel: 'error',
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
  });
  await server.listen();
  browser = await launch({
    executablePath: findBrowser(),
    headless: false,
    args: [...chromiumFlags, '--lang=en'],
  });
  const client = await browser.target().createCDPSession();
  await client.send('Browser.setDownloadBehavior', {
    behavior: 'allow',
    downloadPath: join(folder, 'downloads'),
  });
  page = await openPage();
}, 60 * SECOND);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the demo page', { timeout: 90 * SECOND, concurrent: false }, () => {
  let saved: Awaited<ReturnType<typeof save>>;

  test('Train at once: the loss falls, samples appear, no long task', async () => {
    await press('Train');
    await untilState('Training');
    await untilStep(3);
    const began = await page.evaluate(() => performance.now());
    const first = await loss();
    await untilStep(55);
    expect(await loss()).toBeLessThan(first - 0.5);
    await until('sample', async () => (await text('#samples')).includes('step 50'));
    await until(
      'text',
      async () =>
        (await page.$$eval('#samples .said', (all) => all.map((e) => e.textContent).join(''))).length > 40,
    );
    expect(await text('#kernels')).toMatch(/matmul.*ms/);
    expect(await text('#memory')).toContain('weights');
    expect(await text('#validation')).toMatch(/^\d\.\d{3}$/);
    expect(await text('#adapter')).toMatch(/swiftshader.*CPU/i);
    const tasks = await page.evaluate(() => (window as unknown as { longTasks: LongTask[] }).longTasks);
    console.info('long tasks while training:', JSON.stringify(tasks.filter(({ start }) => start > began)));
    expect(tasks.filter(({ start }) => start > began)).toEqual([]);
  });

  test('Generate while it trains', async () => {
    await page.$eval('#slider-length', (slider) => {
      (slider as HTMLInputElement).value = '60';
    });
    await press('Generate');
    await until('text', async () => /\d+ tokens/.test(await text('#written')));
    expect((await text('#output')).length).toBeGreaterThan(60);
  });

  test('Pause holds it, Resume goes on, Stop ends it', async () => {
    await press('Pause');
    await untilState('Paused');
    const held = await step();
    await new Promise((resolve) => setTimeout(resolve, SECOND));
    expect(await step()).toBe(held);
    await press('Resume');
    await untilStep(held + 3);
    await press('Stop');
    await untilState('Stopped');
    expect(await text('#hint')).toContain('goes on');
  });

  test('Save, go on; Load in a new page goes on with the same losses', async () => {
    saved = await save();
    const at = await step();
    await press('Resume');
    await untilStep(at + 8);
    await press('Stop');
    await untilState('Stopped');
    const { losses } = await save();

    await page.close();
    page = await openPage();
    await button('Load checkpoint').wait();
    await choose('#checkpoint-file', 'saved.safetensors', saved.bytes);
    await until('loaded', async () => (await text('#notices')).includes(`step ${at}`));
    expect(await step()).toBe(at);
    await until('text', async () => /characters/.test(await text('#facts')));
    await press('Resume');
    await untilStep(at + 8);
    await press('Stop');
    await untilState('Stopped');
    const again = await save();
    const common = Math.min(losses.length, again.losses.length);
    expect(common).toBeGreaterThanOrEqual(at + 8);
    expect(again.losses.slice(0, common)).toEqual(losses.slice(0, common));
  });

  test('checkpoints that are none, or cut short, change nothing', async () => {
    const before = await step();
    const refuse = async (name: string, bytes: Uint8Array | string, words: RegExp): Promise<void> => {
      await choose('#checkpoint-file', name, bytes);
      await until(name, async () => words.test(await text('#notices')));
      expect(await step()).toBe(before);
      expect(await status()).toMatch(/^Stopped/);
    };
    await refuse('short.safetensors', saved.bytes.subarray(0, saved.bytes.length >> 1), /bytes|short/);
    await refuse('poem.safetensors', 'Scotty did not go back to school.', /not a safetensors file/);
    await refuse('empty.safetensors', '', /empty/);
  });

  test('texts that cannot be learned are refused with the reason', async () => {
    const before = await step();
    await page.locator('::-p-aria([name="Your own"])').click();
    const refuse = async (name: string, content: Uint8Array | string, words: RegExp): Promise<void> => {
      await choose('#text-file', name, content);
      await until(name, async () => words.test(await text('#text-problem')));
    };
    await refuse('empty.txt', '', /empty/);
    await refuse('one.txt', 'a'.repeat(5000), /all "a"/);
    await refuse('latin1.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20, 0x61), /not UTF-8/);
    await refuse('binary.txt', Uint8Array.of(1, 0, 2, 0, 3), /binary/);
    await choose('#text-file', 'short.txt', 'too short');
    await until('short', async () => (await text('#facts')).includes('short.txt'));
    await press('Train');
    await until('short', async () => /needs at least/.test(await text('#notices')));
    expect(await step()).toBe(before);
  });

  test('a learning rate that blows up: the step is named, the last checkpoint stays', async () => {
    await page.locator('::-p-aria([name="English prose"])').click();
    await until('text', async () => /1,150,674/.test(await text('#facts')));
    const before = await step();
    await page.locator('#rate').fill('1e30');
    await press('Train');
    await until('NaN', async () => /step \d+: .* not finite/.test(await text('#notices')));
    await untilState('Stopped');
    expect(await text('#notices')).toContain(`last good checkpoint, step ${before}`);
    expect(await step()).toBe(before);
    await press('Generate');
    await until('text', async () => /\d+ tokens/.test(await text('#written')));
    await page.locator('#rate').fill('0.004');
  });

  test('a lost device: training goes on by itself', async () => {
    await press('Train');
    await untilState('Training');
    await untilStep((await step()) + 3);
    await page.evaluate(() => (window as unknown as { __heed: { loseDevice(): void } }).__heed.loseDevice());
    await until('recovery', async () => (await text('#notices')).includes('was lost'));
    const back = await step();
    await untilStep(back + 3);
    await press('Stop');
    await untilState('Stopped');
    await press('Dismiss');
    await page.evaluate(() => (window as unknown as { __heed: { loseDevice(): void } }).__heed.loseDevice());
    await until('recovery while stopped', async () => (await text('#notices')).includes('was lost'));
    await press('Generate');
    await until('text', async () => /\d+ tokens/.test(await text('#written')));
  });

  test('Chinese, dark, 360 pixels wide', async () => {
    await page.setViewport({ width: 360, height: 740, isMobile: true });
    await page.locator('#language').click();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('zh-Hans');
    await page.locator('::-p-aria([name="训练"][role="button"])').wait();
    await page.locator('::-p-aria([name="深色主题"])').click();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  test('without WebGPU it says so, why, and what to do', async () => {
    const without = await openPage((fresh) =>
      fresh.evaluateOnNewDocument(() => {
        Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
        localStorage.clear();
      }),
    );
    const said = await without.$eval('#missing', (e) => e.textContent);
    expect(said).toMatch(/needs WebGPU.*does not offer WebGPU.*Chrome/);
    expect(await without.$eval('#train', (e) => (e as HTMLButtonElement).disabled)).toBe(true);
    await without.close();
  });
});
