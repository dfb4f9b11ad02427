// Bundles what an embedder imports and holds it against the size budget. Run: npm run size
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, runnerImport } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const KB = 1000;
/**
 * What is imported, and the gzip bytes that loading it may cost (everything minified, tokenizer reader not counted).
 * Parts that are loaded on demand, by `import()`, are told but not counted.
 */
const entries = [
  {
    name: 'core + GPT', // what it takes to build, run and train one
    code: `export { Generator, GPT, pretrainedGPT } from '/models/index.ts';
      export { AdamW, Device, Graph, ParameterStore, Run, characterTokenizer, randomWindows } from '/engine/index.ts';`,
    // 60 KB in the beginning. Since then attention alone has gained tiles for two kinds of adapters, grouped heads,
    // windows, soft caps, dropout and masks; caches that slide, turn keys and split among workgroups; and the probes
    // behind plan.attention; training takes any objective, in several shapes of batches that share their memory;
    // rotary positions on load; refusals of what cannot work, wherever a review found it accepted; values that the
    // backward pass computes again; dispatches in parts that no watchdog ends; keys and values of two tensors. What shows
    // the maps, and biases and sparse patterns that nobody names, stay out of it.
    budget: 74 * KB,
  },
  {
    name: 'translate', // what it takes to open a translation model and use it: no training, no maps but on demand
    code: "export { Translator, TranslationModel } from '/models/translation/index.ts'; export { Device } from '/engine/index.ts';",
    budget: 78 * KB,
  },
  {
    name: 'attention', // kinds beside the fused one: linear, additive, dot-product
    code: "export * from '/engine/attention.ts';",
    budget: 24 * KB,
  },
  {
    name: 'data', // pairs to train on: read, split, batched
    code: "export * from '/engine/data.ts';",
    budget: 12 * KB,
  },
  {
    name: 'metrics', // an entry of its own: only evaluations need it
    code: "export * from '/engine/metrics/index.ts';",
    budget: 12 * KB,
  },
  {
    name: 'whole engine',
    code: "export * from '/engine/index.ts'; export * from '/models/index.ts';",
    budget: 100 * KB,
  },
];

const options = { root, configFile: /** @type {const} */ (false), logLevel: /** @type {const} */ ('error') };
const { module } = await runnerImport(`${root}engine/wgsl-plugin.ts`, options);
const { wgsl } = /** @type {{ wgsl(): import('vite').Plugin }} */ (module);

/** @param {string} code @returns {Promise<import('vite').Rolldown.OutputChunk[]>} */
async function bundle(code) {
  const entry = 'virtual:size-entry';
  const output = await build({
    ...options,
    publicDir: false,
    plugins: [
      wgsl(),
      {
        name: 'size-entry',
        enforce: 'pre',
        resolveId: (id) => (id === entry ? `\0${entry}` : undefined),
        load: (id) => (id === `\0${entry}` ? code : undefined),
      },
    ],
    build: {
      target: 'es2022',
      write: false,
      minify: 'oxc',
      modulePreload: false,
      rolldownOptions: {
        input: entry,
        preserveEntrySignatures: 'allow-extension',
        external: ['@huggingface/tokenizers'],
      },
    },
  });
  const outputs = Array.isArray(output) ? output : [output];
  return outputs.flatMap((o) => ('output' in o ? o.output : [])).filter((chunk) => chunk.type === 'chunk');
}

const gzip = (/** @type {readonly import('vite').Rolldown.OutputChunk[]} */ chunks) =>
  chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);

/**
 * The chunks that load with the entry: it and what it imports statically, and so on.
 * @param {readonly import('vite').Rolldown.OutputChunk[]} chunks
 */
function loadedFirst(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const loaded = new Set(chunks.filter((chunk) => chunk.isEntry));
  for (const chunk of loaded) {
    for (const name of chunk.imports) {
      const imported = byName.get(name);
      if (imported) loaded.add(imported);
    }
  }
  return loaded;
}

let over = false;
for (const { name, code, budget } of entries) {
  const chunks = await bundle(code);
  const first = loadedFirst(chunks);
  const bytes = gzip([...first]);
  const later = gzip(chunks.filter((chunk) => !first.has(chunk)));
  const imports = [...new Set(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]))].filter(
    (id) => !id.endsWith('.js'),
  );
  const foreign = imports.filter((id) => id !== '@huggingface/tokenizers');
  const verdict = bytes > budget ? 'OVER BUDGET' : 'ok';
  console.log(
    `size: ${name.padEnd(13)} ${(bytes / KB).toFixed(1).padStart(6)} KB gzip of ${budget / KB} KB, ${verdict}; ` +
      `${(later / KB).toFixed(1)} KB more on demand`,
  );
  if (foreign.length > 0)
    console.error(`size: ${name} imports ${foreign.join(', ')}; the core has no dependencies.`);
  over ||= bytes > budget || foreign.length > 0;
}
process.exitCode = over ? 1 : 0;
