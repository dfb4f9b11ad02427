// The library as an embedder imports it: ES modules for the engine and for the models, shared parts in common chunks.
import { defineConfig } from 'vite';
import { wgsl } from './engine/wgsl-plugin.ts';

export default defineConfig({
  plugins: [wgsl()],
  oxc: { target: 'es2022' },
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    minify: false, // the embedder's bundler minifies; the published text stays readable
    sourcemap: true,
    lib: {
      entry: {
        index: 'engine/index.ts',
        models: 'models/index.ts',
        translation: 'models/translation/index.ts',
        metrics: 'engine/metrics/index.ts',
        attention: 'engine/attention.ts',
        data: 'engine/data.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external: ['@huggingface/tokenizers'],
      output: { chunkFileNames: '[name].js' }, // the same files at each build: nothing old is published beside them
    },
  },
});
