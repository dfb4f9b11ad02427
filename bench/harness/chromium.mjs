// Runs a bench in headless Chromium: built with our shaders, served on localhost, driven by Puppeteer.
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from 'puppeteer';
import { build, runnerImport } from 'vite';
import { chromiumFlags, findBrowser } from '../../tools/browser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = '<!doctype html><meta charset="utf-8"><title>bench</title>';

/** @param {string} file relative to the repository @returns {Promise<string>} one self-contained ES module */
async function bundle(file) {
  const options = {
    root,
    configFile: /** @type {const} */ (false),
    logLevel: /** @type {const} */ ('error'),
  };
  const { module } = await runnerImport(resolve(root, 'engine/wgsl_plugin.ts'), options);
  const plugins = [/** @type {{ wgsl(): import('vite').Plugin }} */ (module).wgsl()];
  const built = await build({
    ...options,
    plugins,
    publicDir: false,
    oxc: { target: 'es2022' },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry: resolve(root, file), formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } }, // one file is served
    },
  });
  const outputs = Array.isArray(built) ? built : [built];
  const chunks = outputs.flatMap((o) => ('output' in o ? o.output : [])).filter((c) => c.type === 'chunk');
  return chunks[0].code;
}

/** @returns {Promise<{ run: (file: string, args: string[]) => Promise<any>, close: () => Promise<void> }>} */
export async function openChromium() {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('bench: no Chromium found. Run npm test, which installs one.');
  let code = '';
  const server = createServer((request, response) => {
    const script = request.url?.startsWith('/bench.js');
    response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin'); // finer clocks
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    response.end(script ? code : PAGE);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const browser = await launch({
    executablePath,
    headless: false,
    args: chromiumFlags,
    protocolTimeout: 3_600_000,
  });
  return {
    async run(file, args) {
      code = await bundle(file);
      const page = await browser.newPage();
      page.on('console', (message) => console.log(message.text()));
      await page.goto(`http://localhost:${address.port}/`);
      const source = `import('/bench.js').then((bench) => bench.main(${JSON.stringify(args)}))`;
      const result = await page.evaluate(source);
      await page.close();
      return result;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}
