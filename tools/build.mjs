// Builds what is published: the library and its types, and the command line. Run: npm run build:package
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { publishTypes } from './types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

// What an older build left must not be published; the demo's pages are another build's.
if (existsSync(dist)) {
  for (const name of readdirSync(dist)) {
    if (name !== 'demo') rmSync(join(dist, name), { recursive: true, force: true });
  }
}
for (const config of ['vite.lib.config.ts', 'vite.cli.config.ts']) {
  await build({ root, configFile: join(root, config), logLevel: 'warn' });
}
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);
/** @type {{ exports: Record<string, string | { types: string }> }} */
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.types]));
publishTypes(
  join(dist, 'types'),
  entries.map((entry) => join(root, entry)),
);
