import { launch, type Browser } from 'puppeteer';
import { findFirefox, firefoxPreferences } from '../../tools/browser.mjs';
import { testEnvironment } from '../../tools/vulkan.mjs';

/** Headless Firefox with WebGPU, through WebDriver BiDi, with an empty profile. */
export function openFirefox(): Promise<Browser> {
  return launch({
    browser: 'firefox',
    executablePath: findFirefox(),
    headless: true,
    extraPrefsFirefox: { ...firefoxPreferences, 'intl.accept_languages': 'en' },
    env: { ...process.env, ...testEnvironment() },
    protocolTimeout: 0,
  });
}
