/**
 * A training in Chromium whose GPU process is killed at random calls, once or twice within seconds: it ends as the
 * undisturbed one, bit for bit. HEED_KILLS draws that many trainings, HEED_SEED others.
 */
import { resolve } from 'node:path';
import { launch, type Browser, type Page } from 'puppeteer';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wgsl } from '../../engine/wgsl_plugin';
import { chromiumFlags, findBrowser } from '../../tools/browser.mjs';
import { Random } from '../harness/op';
import type { Kill, Trained } from './killed.page';

const kills = Number(process.env.HEED_KILLS);
const seed = Number(process.env.HEED_SEED ?? 1);
const calls = ['createComputePipelineAsync', 'submit', 'mapAsync'] as const;

/** Whether there was such a process. */
function kill(id: number): boolean {
  try {
    return process.kill(id, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

describe('a GPU process that is killed', () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;
  let calm: Trained;

  beforeAll(async () => {
    server = await createServer({
      configFile: false,
      root: resolve('.'),
      logLevel: 'error',
      cacheDir: '.build/killed-vite',
      plugins: [wgsl()],
      define: { 'import.meta.env.HEED_HOST': '"chromium"' },
      resolve: { alias: [{ find: /^vitest$/, replacement: resolve('tests/deno/vitest.ts') }] },
      oxc: { target: 'es2022' },
      optimizeDeps: {
        noDiscovery: true,
        include: ['@vitest/expect', '@vitest/spy', 'chai', 'wgsl_reflect/wgsl_reflect.module.js'],
      },
      server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    });
    await server.listen();
    browser = await launch({
      executablePath: findBrowser(),
      headless: false,
      protocolTimeout: 600_000,
      // Chromium takes the GPU away from pages, and in the end from itself, when its process dies often.
      args: [...chromiumFlags, '--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis'],
    });
    const client = await browser.target().createCDPSession();
    page = await browser.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.exposeFunction('killGpuProcess', async () => {
      // The last one that was killed may still be listed when the next is to be.
      for (let killed = false; !killed;) {
        const { processInfo } = await client.send('SystemInfo.getProcessInfo');
        for (const { type, id } of processInfo) if (type === 'GPU') killed = kill(id) || killed;
        if (!killed) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
    await page.goto(new URL('tests/train/killed.html', server.resolvedUrls!.local[0]).href, { timeout: 0 });
    await page.waitForFunction('globalThis.train !== undefined', { timeout: 0 });
    calm = await train([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const train = (list: readonly Kill[]): Promise<Trained> =>
    page.evaluate((each) => globalThis.train(each), list);

  for (let i = 0; i < kills; i++) {
    it(`training ${i} of seed ${seed}`, async () => {
      const random = new Random(seed * 100_003 + i);
      const draw = (): Kill => {
        const call = calls[random.below(calls.length)];
        return { call, n: 1 + random.below(calm.counts[call]) };
      };
      const list = random.below(2) ? [draw(), draw()] : [draw()];
      const { recovered, counts: _, left, ...rest } = await train(list);
      const { recovered: none, counts: __, left: ___, ...expected } = calm;
      expect(rest, JSON.stringify(list)).toEqual(expected);
      expect(none).toEqual([]);
      expect(rest.owners).toEqual([]);
      expect(rest.unhandled).toEqual([]);
      console.info(
        `${JSON.stringify(list)}: ${list.length - left} kills, recovered at ${recovered.join(', ')}`,
      );
    });
  }
});
