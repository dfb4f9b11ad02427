// Kernels and a model in Firefox: wgpu and naga as a browser has them. page.ts says which tests.
import { resolve } from 'node:path';
import type { Page } from 'puppeteer';
import { createServer } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { wgsl } from '../../engine/wgsl_plugin';
import { findFirefox } from '../../tools/browser.mjs';
import { openFirefox } from '../harness/firefox';
import type { Listed, Suite } from './page';

declare const suite: Suite; // in the page

if (!findFirefox())
  it.skip('Firefox runs every op and a model (needs Firefox: install firefox-esr or set FIREFOX_PATH)');
else {
  const server = await createServer({
    configFile: false,
    root: resolve('.'),
    logLevel: 'error',
    cacheDir: '.build/firefox-vite',
    plugins: [wgsl()],
    define: { 'import.meta.env.HEED_HOST': '"firefox"' },
    resolve: { alias: [{ find: /^vitest$/, replacement: resolve('tests/deno/vitest.ts') }] },
    oxc: { target: 'es2022' },
    optimizeDeps: {
      noDiscovery: true, // or a package that is met late reloads the page
      include: ['@vitest/expect', '@vitest/spy', 'chai', 'wgsl_reflect/wgsl_reflect.module.js'],
    },
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
  });
  await server.listen();
  const browser = await openFirefox();
  const page: Page = await browser.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(String(error)));
  afterAll(async () => {
    await browser.close();
    await server.close();
  });
  await page.goto(`http://localhost:${server.config.server.port}/tests/firefox/page.html`, { timeout: 0 });
  await page.waitForFunction('globalThis.suite !== undefined', { timeout: 300_000 }).catch(() => {
    throw new Error(`Firefox's page does not load: ${said.join('\n')}`);
  });
  const files: Listed[] = await page.evaluate(() => suite.list());

  for (const { file, tests, error } of files) {
    describe(file.slice(1), () => {
      if (error !== undefined) it('loads', () => expect.fail(error));
      for (const { name, skipped } of tests) {
        it.skipIf(skipped)(name, async () => {
          const { state, message } = await page.evaluate((f, n) => suite.run(f, n), file, name);
          if (state !== 'passed') expect.fail(message);
        });
      }
    });
  }
}
