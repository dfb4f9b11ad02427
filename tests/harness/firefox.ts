import { launch, type Browser } from 'puppeteer';
import { findFirefox, firefoxPreferences } from '../../tools/browser.mjs';
import { vulkanEnvironment } from '../../tools/vulkan.mjs';

/** Headless Firefox with WebGPU, through WebDriver BiDi, with an empty profile. */
export function openFirefox(): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    extraPrefsFirefox: { ...firefoxPreferences, 'intl.accept_languages': 'en' },
    // As in dawn-setup.ts.
    env: { GALLIVM_PERF: 'nopt', LP_NUM_THREADS: '1', ...process.env, ...vulkanEnvironment() },
    protocolTimeout: 0,
  });
}
