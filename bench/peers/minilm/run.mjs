// Sentences a second of all-MiniLM-L6-v2 by Heed and by transformers.js (ONNX Runtime Web), on WebGPU and in wasm, in one Chromium, with
// the same weights, from texts to vectors. README.md says what it needs. Run: node bench/peers/minilm/run.mjs SCRATCH MODEL
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer';
import { build, runnerImport } from 'vite';
import { chromiumFlags, findBrowser } from '../../../tools/browser.mjs';

const [scratch, model] = process.argv.slice(2).map((path) => resolve(path));
if (!scratch || !model) throw new Error('Say where the packages and where the model are: see README.md.');
const root = fileURLToPath(new URL('../../..', import.meta.url));
const outDir = join(root, '.build/peers/minilm');
const { module } = await runnerImport(join(root, 'engine/wgsl_plugin.ts'), { root, configFile: false });
const { wgsl } = /** @type {{ wgsl(): import('vite').Plugin }} */ (module);
await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
  plugins: [wgsl()],
  oxc: { target: 'es2022' },
  build: {
    outDir,
    target: 'es2022',
    lib: { entry: join(root, 'bench/peers/minilm/heed.ts'), formats: ['es'], fileName: () => 'heed.js' },
  },
});

/** @type {Record<string, string>} */
const places = {
  '/heed/': outDir,
  '/model/': model,
  '/models/': join(scratch, 'models'),
  '/lib/': join(scratch, 'node_modules'),
};
/** @type {Record<string, string>} */
const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(String(request.url), 'http://x').pathname);
  // Threads of wasm want a page that is by itself.
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  if (path === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html>');
  const place = Object.keys(places).find((one) => path.startsWith(one));
  const file = place && join(places[place], path.slice(place.length));
  if (!file || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
  response.setHeader('content-length', statSync(file).size);
  return createReadStream(file).pipe(response);
});
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(null)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());

const browser = await puppeteer.launch({
  executablePath: /** @type {string} */ (findBrowser()),
  args: chromiumFlags,
  protocolTimeout: 30 * 60_000,
});
const page = await browser.newPage();
page.on('console', (message) => console.error(`page: ${message.text()}`));
await page.goto(`http://127.0.0.1:${port}/`);
const rounds = Number(process.env['ROUNDS'] ?? 5);
const most = Number(process.env['TEXTS'] ?? 200);
const devices = (process.env['DEVICES'] ?? 'webgpu,wasm').split(',');
const result = await page.evaluate(
  async (rounds, most, devices) => {
    const subjects = [
      'The cat',
      'A dog',
      'My neighbour',
      'The president of France',
      'Nobody',
      'An old physicist',
    ];
    subjects.push('The café in Zürich', "Dr. O'Neill", '東京の地図', 'В Москве');
    const verbs = ['sat on', 'wrote about', 'never liked', 'is faster than', 'ran 3.5 km to'];
    const objects = ['the mat.', 'quantum mechanics!', 'a naïve résumé', '12,000 people?'];
    const texts = subjects
      .flatMap((s) => verbs.flatMap((v) => objects.map((o) => `${s} ${v} ${o}`)))
      .slice(0, most);
    const heed = await (
      await import(/* @vite-ignore */ `${location.origin}/heed/heed.js`)
    ).open(`${location.origin}/model`);
    const { env, pipeline } = await import(
      /* @vite-ignore */ `${location.origin}/lib/@huggingface/transformers/dist/transformers.js`
    );
    env.allowRemoteModels = false;
    env.allowLocalModels = true;
    env.localModelPath = '/models/';
    env.backends.onnx.wasm.wasmPaths = `${location.origin}/lib/onnxruntime-web/dist/`;
    /** @type {Record<string, (texts: string[]) => Promise<Float32Array[]>>} */
    const ways = { Heed: heed.embed };
    /** @type {Record<string, string>} */
    const failed = {};
    for (const device of devices) {
      try {
        const extract = await pipeline('feature-extraction', 'minilm', { device, dtype: 'fp32' });
        // In batches, for one of all would be padded to the longest.
        ways[`transformers.js, ${device}`] = async (texts) => {
          const rows = [];
          for (let at = 0; at < texts.length; at += 32) {
            const found = await extract(texts.slice(at, at + 32), { pooling: 'mean', normalize: true });
            const [count, width] = found.dims;
            const data = await found.data;
            for (let i = 0; i < count; i++) rows.push(data.slice(i * width, (i + 1) * width));
          }
          return rows;
        };
      } catch (error) {
        failed[device] = String(error);
      }
    }
    /** @type {Record<string, number[]>} */
    const times = {};
    /** @type {Record<string, number>} */
    const cosines = {};
    /** @type {Float32Array[]} */
    let reference = [];
    for (const [name, embed] of Object.entries(ways)) {
      const start = performance.now();
      const rows = await embed(texts); // compiles
      console.log(`${name}: first ${Math.round(performance.now() - start)} ms`);
      if (reference.length === 0) reference = rows;
      cosines[name] = Math.min(
        ...rows.map((row, i) => row.reduce((sum, x, c) => sum + x * reference[i][c], 0)),
      );
      times[name] = [];
    }
    for (let round = 0; round < rounds; round++) {
      for (const [name, embed] of Object.entries(ways)) {
        const start = performance.now();
        await embed(texts);
        times[name].push(performance.now() - start);
        console.log(`${name}: ${Math.round(times[name].at(-1) ?? 0)} ms`);
      }
    }
    return {
      adapter: heed.adapter,
      texts: texts.length,
      times,
      cosines,
      failed,
      threads: navigator.hardwareConcurrency,
      isolated: crossOriginIsolated,
    };
  },
  rounds,
  most,
  devices,
);
const version = await browser.version();
await browser.close();
server.close();

const versionOf = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(join(scratch, 'node_modules', name, 'package.json'), 'utf8')).version;
const { adapter, texts, times, cosines, failed, threads, isolated } = result;
console.log(
  `${adapter}, ${version}, ${threads} cores, isolated: ${isolated}; transformers.js ${versionOf('@huggingface/transformers')}, ONNX Runtime Web ${versionOf('onnxruntime-web')}`,
);
const median = (/** @type {number[]} */ all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
console.log(
  `| | ms for ${texts} sentences, median [fastest..slowest] | sentences a second | times Heed's time | least cosine to Heed |\n|---|---|---|---|---|`,
);
const own = median(times.Heed);
for (const [name, all] of Object.entries(times)) {
  const [ms, least, most] = [median(all), Math.min(...all), Math.max(...all)].map((x) => Math.round(x));
  console.log(
    `| ${name} | ${ms} [${least}..${most}] | ${((1000 * texts) / ms).toFixed(1)} | ${(median(all) / own).toFixed(2)} | ${cosines[name].toFixed(7)} |`,
  );
}
for (const [name, why] of Object.entries(failed)) console.log(`${name}: ${why}`);
