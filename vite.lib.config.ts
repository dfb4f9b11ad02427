// The library as an embedder imports it: ES modules for the engine and for the models, shared parts in common chunks.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Rolldown } from 'vite';
import { wgsl } from './engine/wgsl_plugin.ts';
import { shakeable } from './tools/shakeable-plugin.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

/** A folder within an op's, `engine/shaders/OP/…`: its WGSL is the op's. */
const DRAWER = /^(engine\/shaders\/[^/]+)\/.*/;

/**
 * The file of the library that a module goes to: its own, but for WGSL, which goes with the one module that takes it, or
 * with its op. Bundlers split apps by files: were the library fewer of them, the first function of each would bring all
 * that what is loaded on demand shares with the others.
 */
function chunkOf(id: string, modules: Rolldown.ChunkingContext): string | null {
  if (/\/helpers\/(esm\/)?usingCtx\.js$/.test(id)) return 'engine/using'; // what compiles `using` away
  const info = modules.getModuleInfo(id);
  if (!id.startsWith(root) || !info || info.isEntry) return null;
  if (!id.endsWith('.wgsl')) return id.slice(root.length).replace(/\.ts$/, '');
  const [taker, other] = info.importers;
  return other === undefined ? chunkOf(taker, modules) : dirname(id.slice(root.length)).replace(DRAWER, '$1');
}

export default defineConfig({
  plugins: [wgsl(), shakeable()],
  oxc: { target: 'es2022' },
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    minify: false, // the embedder's bundler minifies; the published text stays readable
    lib: {
      entry: {
        index: 'engine/index.ts',
        models: 'models/index.ts',
        adapters: 'models/adapters/index.ts',
        tasks: 'models/tasks/index.ts',
        finetune: 'models/finetune/index.ts',
        explain: 'models/explain/index.ts',
        items: 'models/items/index.ts',
        graphs: 'models/graphs/index.ts',
        translation: 'models/translation/index.ts',
        metrics: 'engine/metrics/index.ts',
        attention: 'engine/attention.ts',
        data: 'engine/data.ts',
        node: 'models/node/index.ts',
      },
      formats: ['es'],
    },
    rolldownOptions: {
      external: [/^node:/, '@huggingface/jinja', 'papaparse'], // of the entry for Node alone; chats; tables
      preserveEntrySignatures: 'allow-extension', // an entry exports what it says
      output: {
        chunkFileNames: '[name].js', // the same files at each build: nothing old is published beside them
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: chunkOf, debugName: 'modules' }],
        },
      },
    },
  },
});
