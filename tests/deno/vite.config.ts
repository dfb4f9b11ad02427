// Bundles the op suite for Deno, with ./vitest.ts in Vitest's place.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wgsl } from '../../engine/wgsl-plugin.ts';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [wgsl()],
  publicDir: false,
  define: { 'import.meta.env.HEED_HOST': '"deno"' },
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
