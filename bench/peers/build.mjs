// Bundles the adapter with its shaders into .build/peers/heed.js, for the peer harness to load.
// Run: node bench/peers/build.mjs
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, runnerImport } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const outDir = resolve(root, '.build/peers');
const { module } = await runnerImport(resolve(root, 'engine/wgsl_plugin.ts'), { root, configFile: false });
const { wgsl } = /** @type {{ wgsl(): import('vite').Plugin }} */ (module);

rmSync(outDir, { recursive: true, force: true });
for (const [name, entry] of [
  ['ship', 'bench/peers/ship.ts'],
  ['heed', 'bench/peers/heed.ts'],
]) {
  await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [wgsl()],
    oxc: { target: 'es2022' },
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'es2022',
      lib: { entry: resolve(root, entry), formats: ['es'], fileName: () => `${name}.js` },
      rolldownOptions: {
        // The harness looks for this comment and weighs what it imports.
        output:
          name === 'heed'
            ? { banner: "// ship: import * as heed from './ship.js'; globalThis.heed = heed;" }
            : {},
      },
    },
  });
}
console.log(`${outDir}/heed.js`);
