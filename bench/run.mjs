// Runs benches in Node on Dawn, or in headless Chromium with --chromium, and keeps what they return in
// bench/results/ADAPTER-NAME.json. Run: npm run bench -- [--chromium] NAME… [-- ARGUMENT…], where NAME is of
// bench/NAME.bench.ts, which exports `main(args)`; or `npm run bench -- table` for the kernel table of README.md, and
// `npm run bench -- static` for what compilers of GPUs that are not there make of our kernels (bench/gpu-static).
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installDawn } from '../tools/dawn.mjs';
import { importModule } from '../tools/node.mjs';
import { openChromium } from './harness/chromium.mjs';
import { main as compileStatically } from './gpu-static/static.mjs';
import { writeTable } from './harness/table.mjs';

/** @typedef {{ adapter: string, bench: string }} BenchResult */
/** @typedef {(file: string, args: string[]) => Promise<BenchResult | undefined>} Runner */

const folder = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
/** What is no bench of a device. */
const others = ['table', 'static'];
const split = process.argv.indexOf('--', 2);
const own = process.argv.slice(2, split < 0 ? undefined : split);
const args = split < 0 ? [] : process.argv.slice(split + 1);
const names = own.filter((name) => !name.startsWith('--'));
const unknown = own.filter((name) => ![...known, ...others, '--chromium'].includes(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(
    `bench: ${unknown.length ? `no bench ${unknown.join(', ')}` : 'name a bench'}. ` +
      `There are: ${[...known, ...others].join(', ')}. --chromium runs benches there.`,
  );
  process.exit(2);
}

/** @returns {Promise<{ run: Runner, close: () => Promise<void> | void }>} */
async function open() {
  if (own.includes('--chromium')) return openChromium();
  const removeDawn = installDawn();
  return {
    run: async (file, rest) => {
      const module = /** @type {{ main?: (args: string[]) => Promise<BenchResult | undefined> }} */ (
        await importModule(file)
      );
      return module.main?.(rest);
    },
    close: removeDawn,
  };
}

const benches = names.filter((name) => !others.includes(name));
if (benches.length > 0) {
  const host = await open();
  try {
    for (const name of benches) {
      console.log(`=== ${name}`);
      const result = await host.run(`bench/${name}.bench.ts`, args);
      if (!result) continue;
      mkdirSync(`${folder}results`, { recursive: true });
      const file = `results/${result.adapter}-${result.bench}.json`;
      writeFileSync(folder + file, `${JSON.stringify(result, null, 1)}\n`);
      console.log(`-> bench/${file}`);
    }
  } finally {
    await host.close();
  }
}
if (names.includes('static')) compileStatically(args);
if (names.includes('table')) writeTable();
