// The demo's three pages: `vite` serves demo/, `vite build` puts them in dist/demo. The library is vite.lib.config.ts.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { corpora } from './demo/data/corpora-plugin.ts';
import { pairCorpora } from './demo/data/pair-corpora-plugin.ts';
import { frame } from './demo/frame/frame-plugin.ts';
import { wgsl } from './engine/wgsl_plugin.ts';

const page = (name: string): string => fileURLToPath(new URL(`demo/${name}.html`, import.meta.url));
const target = 'es2022'; // `using` is compiled away: not every browser with WebGPU has it

export default defineConfig({
  root: fileURLToPath(new URL('demo', import.meta.url)),
  base: './',
  plugins: [wgsl(), corpora(), pairCorpora(), frame()],
  oxc: { target },
  worker: { format: 'es', plugins: () => [wgsl(), corpora(), pairCorpora()] },
  build: {
    target,
    outDir: '../dist/demo',
    emptyOutDir: true,
    assetsInlineLimit: 0, // pages load files only: their policy (demo/frame) allows no data: addresses
    rolldownOptions: { input: [page('index'), page('translate'), page('laboratory')] },
  },
  server: { open: false },
});
