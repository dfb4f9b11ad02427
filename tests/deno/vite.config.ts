// Bundles the GPU suite for Deno, with ./vitest.ts in Vitest's place.
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { wgsl } from '../../engine/wgsl_plugin.ts';

/** Fixtures are read where they lie, not beside the bundle. */
const fixtures: Plugin = {
  name: 'fixtures',
  transform: {
    filter: { id: /\/tests\/fixtures\/load\.ts$/ },
    handler: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [wgsl(), fixtures],
  publicDir: false,
  define: {
    'import.meta.env.HEED_HOST': '"deno"',
    'import.meta.env.HEED_HOSTS': JSON.stringify(process.env['HEED_HOSTS'] ?? ''),
  },
  resolve: {
    alias: [{ find: /^vitest$/, replacement: fileURLToPath(new URL('vitest.ts', import.meta.url)) }],
  },
  ssr: { noExternal: true },
  build: {
    ssr: 'tests/deno/run.ts',
    outDir: '.build/deno',
    target: 'es2022',
    minify: false,
    chunkSizeWarningLimit: 10_000,
  },
});
