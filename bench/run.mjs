// Runs benches in Node on Dawn. Run: npm run bench -- [NAME…], where NAME is of bench/NAME.bench.ts; a bench
// that exports `main(args)` has it called with what follows `--`.
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { installDawn } from '../tests/harness/dawn.mjs';
import { runModule } from '../tests/harness/node.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
const split = process.argv.indexOf('--', 2);
const names = process.argv.slice(2, split < 0 ? undefined : split);
const args = split < 0 ? [] : process.argv.slice(split + 1);
const unknown = names.filter((name) => !known.includes(name));
if (names.length === 0 || unknown.length > 0) {
  console.error(
    `bench: ${unknown.length ? `no bench ${unknown.join(', ')}` : 'name a bench'}. There are: ${known.join(', ')}.`,
  );
  process.exit(2);
}

const removeDawn = installDawn();
try {
  for (const name of names) {
    console.log(`=== ${name}`);
    await runModule(`${folder}/${name}.bench.ts`, args);
  }
} finally {
  removeDawn();
}
