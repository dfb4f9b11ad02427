// `npx heed` of an installed package: one build of cli/ with the packages that it uses, on the library as it is published.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { licences } from './tools/licences-plugin.ts';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** The command line sees the library through its entries: so does the built one, by their public names. */
const entries: Readonly<Record<string, string>> = {
  [source('engine/index.ts')]: 'heed',
  [source('engine/data.ts')]: 'heed/data',
  [source('engine/metrics/index.ts')]: 'heed/metrics',
  [source('models/index.ts')]: 'heed/models',
  [source('models/node/index.ts')]: 'heed/node',
  [source('models/adapters/index.ts')]: 'heed/adapters',
  [source('models/finetune/index.ts')]: 'heed/finetune',
  [source('models/tasks/index.ts')]: 'heed/tasks',
  [source('models/translation/index.ts')]: 'heed/translation',
};

export default defineConfig({
  plugins: [
    {
      name: 'heed-published',
      enforce: 'pre',
      async resolveId(id, importer, options) {
        if (!id.startsWith('.')) return null;
        const file = (await this.resolve(id, importer, { ...options, skipSelf: true }))?.id;
        return file && file in entries ? { id: entries[file], external: true } : null;
      },
    },
    licences(),
  ],
  oxc: { target: 'es2022' },
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'es2022',
    outDir: 'dist/cli',
    minify: false,
    rolldownOptions: {
      input: source('cli/main.ts'),
      output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' },
    },
  },
});
