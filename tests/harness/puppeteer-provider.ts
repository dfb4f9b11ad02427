// Vitest's browser mode on Puppeteer. Vitest serves the tests on localhost; this opens each of its pages in a full
// headless Chromium of its own with WebGPU on, in a fresh profile that goes away with it. Pages of one Chromium would
// share its GPU process, and so wait for each other while SwiftShader compiles, which it does on one core.
import { defineBrowserProvider } from '@vitest/browser';
import { launch, type Browser, type Page } from 'puppeteer';
import { chromiumFlags, findBrowser } from '../../tools/browser.mjs';

/**
 * Workgroup memory is zeroed by a loop and not by an initialiser, which SwiftShader unrolls number by number: kernels on
 * workgroup tiles compile in a fifth of the time.
 */
const zeroByLoop = '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension';

export const puppeteer = () =>
  defineBrowserProvider({
    name: 'puppeteer',
    supportedBrowser: ['chromium'],
    providerFactory: () => {
      const browsers = new Map<string, Promise<Browser>>();
      const pages = new Map<string, Page>();
      const open = async (): Promise<Browser> => {
        const executablePath = findBrowser();
        if (!executablePath) throw new Error('Chromium: none found. Run npm test, which installs one.');
        const args = [...chromiumFlags, zeroByLoop, '--js-flags=--expose-gc'];
        return launch({ executablePath, headless: false, args, protocolTimeout: 600_000 });
      };
      return {
        name: 'puppeteer',
        supportsParallelism: true,
        getCommandsContext: (session) => ({ page: pages.get(session) }),
        async openPage(session, url) {
          const browser = browsers.get(session) ?? open();
          browsers.set(session, browser);
          const page = await (await browser).newPage();
          // A page that dies takes its tests with it: say why, or Vitest only says that it lost the page.
          page.on('error', (error) => console.error(`Chromium page crashed: ${error.message}`));
          await pages.get(session)?.close();
          pages.set(session, page);
          await page.goto(url, { timeout: 0 });
        },
        async close() {
          await Promise.all([...browsers.values()].map(async (browser) => (await browser).close()));
        },
      };
    },
  });
