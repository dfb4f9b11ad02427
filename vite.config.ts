// The site: `vite` serves demo/, `vite build` puts it in dist/demo. Its pages are listed in demo/site/pages.ts. The library is vite.lib.config.ts.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { corpora } from './demo/data/corpora-plugin.ts';
import { pairCorpora } from './demo/data/pair-corpora-plugin.ts';
import { guides } from './demo/docs/docs-plugin.ts';
import { frame, pageFiles } from './demo/frame/frame-plugin.ts';
import { wgsl } from './engine/wgsl_plugin.ts';

const target = 'es2022'; // `using` is compiled away: not every browser with WebGPU has it

export default defineConfig({
  root: fileURLToPath(new URL('demo', import.meta.url)),
  base: './',
  appType: 'mpa',
  plugins: [wgsl(), corpora(), pairCorpora(), guides(), frame()],
  oxc: { target },
  worker: { format: 'es', plugins: () => [wgsl(), corpora(), pairCorpora()] },
  build: {
    target,
    outDir: '../dist/demo',
    emptyOutDir: true,
    assetsInlineLimit: 0, // pages load files only: their policy (demo/frame) allows no data: addresses
    rolldownOptions: { input: pageFiles() },
  },
  server: { open: false },
});
