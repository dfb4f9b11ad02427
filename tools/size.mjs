// Bundles what an embedder imports from the package as it is published, and holds it against the size budget. Run:
// npm run size, or node tools/size.mjs BUNDLER… with bundlers of esbuild, vite, webpack (see tests/apps/run.mjs).
import esbuild from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { bundler, install, root } from './package.mjs';

const KB = 1000;
/**
 * What is imported, and the gzip bytes that loading it may cost (everything minified), and
 * those of the parts that are loaded on demand, by `import()`; esbuild puts them into the one file that it writes.
 */
const entries = [
  {
    name: 'one function', // a pure function brings itself, the error that it throws, and the symbols of `using`
    code: "export { learningRate } from 'heed';",
    budget: 1.5 * KB,
  },
  {
    name: 'one op', // a device, and what it takes to run one expression
    code: "export { Device, eager, softmax } from 'heed';",
    budget: 21 * KB,
    demand: 2 * KB,
  },
  {
    name: 'core + GPT', // what it takes to build, run and train one
    code: `export { Generator, GPT, pretrainedGPT } from 'heed/models';
      export { AdamW, Device, Graph, ParameterStore, Run, characterTokenizer, randomWindows } from 'heed';`,
    // 60 KB in the beginning. Since then attention alone has gained tiles for two kinds of adapters, grouped heads,
    // windows, soft caps, dropout and masks; caches that slide, turn keys and split among workgroups; and the probes
    // behind plan.attention; training takes any objective, in several shapes of batches that share their memory;
    // rotary positions on load; refusals of what cannot work, wherever a review found it accepted; values that the
    // backward pass computes again; dispatches in parts that no watchdog ends; keys and values of two tensors. What shows
    // the maps, and biases and sparse patterns that nobody names, stay out of it. Then 10 KB for numbers at the edges (sums
    // in parts, norms that never overflow), loss scaling, and options and weights that are refused by name. Then 9 KB for
    // families with their maps and the way back, weights that stream, in f16 and larger than a binding, and runs that
    // outlive their device at any call. Then 6 KB for texts of unequal lengths in one batch, penalties, min-p and bans.
    // Then files that are asked for with a token; then what tells of each token's probability, the most of it on demand, and 5 KB
    // for weights in int8 and int4: rounding, and kernels that decode. Then shares of the learning rate by names; then
    // 5 KB for attention's tiles by outer products, for GPUs. Then 2 KB for places of virtual tokens and tables. Then 0.5 KB for
    // options, signals and outputs that are none, and for rungs that a run keeps. Then 0.4 KB for sources that are no ids (images).
    budget: 124.8 * KB,
    demand: 9 * KB,
  },
  {
    name: 'translate', // what it takes to open a translation model and use it: no training, no maps but on demand
    code: "export { Translator, TranslationModel } from 'heed/translation'; export { Device } from 'heed';",
    // 78 KB until unknown options were refused by name, codes of languages made canonical, and sentences cut by rules; 92
    // until weights streamed, in parts where a binding is too small, and files were bounded by what they hold; 100 until
    // layers could carry adapters; 101 until texts streamed, and repetition had penalties; 109 until stop strings ended searches
    // and weights could be packed; 115 until attention had tiles by outer products; 121 until options that are none were refused.
    budget: 122.7 * KB,
    demand: 26 * KB,
  },
  {
    name: 'attention', // kinds beside the fused one: linear, with gates and the delta rule (9 KB; 7 KB for it as a layer), additive, dot-product
    code: "export * from 'heed/attention';",
    budget: 46.5 * KB,
  },
  {
    name: 'data', // pairs to train on: read, split, batched
    code: "export * from 'heed/data';",
    budget: 10 * KB,
  },
  {
    name: 'hub', // files of models and their cache, without a model
    code: "export { hub, ModelCache } from 'heed/models';",
    budget: 16 * KB,
  },
  {
    name: 'tasks', // texts in, labels and texts out; Jinja loads when somebody chats
    code: "export { TextClassifier, TextWriter } from 'heed/tasks';",
    budget: 39 * KB,
    demand: 20 * KB,
  },
  {
    name: 'finetune', // examples, what is held out, tasks and their training; on demand what reads CSV, and every family
    code: "export * from 'heed/finetune';",
    budget: 108 * KB,
    demand: 142.5 * KB, // all families: 2 KB for Whisper; 25 KB for mixtures of experts and layers with states
  },
  {
    name: 'items', // what trains, judges and asks a recommender: the engine's training, and a Transformer; on demand what shows attention
    code: "export * from 'heed/items';",
    budget: 116 * KB,
    demand: 8.5 * KB,
  },
  {
    name: 'adapters', // kinds beside LoRA, and PEFT's files: 14 KB besides what reads and runs a model, which an app of it has
    code: "export * from 'heed/adapters';",
    // 13 KB more for AdaLoRA, virtual tokens, tables and an adapter for each row; 0.2 KB for biases of some outputs.
    budget: 115 * KB,
    demand: 8.5 * KB,
  },
  {
    name: 'graphs', // graphs, GAT, its objectives and files, and what trains them
    code: "export * from 'heed/graphs'; export { AdamW, Device, Run } from 'heed';",
    budget: 82 * KB,
    demand: 2 * KB,
  },
  {
    name: 'metrics', // an entry of its own: only evaluations need it
    code: "export * from 'heed/metrics';",
    // 8 KB until classes, curves, rankings, names and answers were judged, too.
    budget: 11 * KB,
  },
  {
    name: 'whole engine',
    code: "export * from 'heed'; export * from 'heed/models';",
    // 114 KB until ops for heads and losses of one's own came: arithmetic, reductions, normalize, transpose, losses of
    // pairs, SGD; who does not import them does not load them. Then BERT and what the entries above gained, and adapters; then
    // ten families of decoders, BERT's heads, objectives of labelled texts, and search with any decoder.
    // Then Transformer-XL with its objective and generator; then the hub, its cache, and inspection; then T5, BART and kin, ALBERT,
    // ELECTRA, MPNet, and the heads of all encoders and decoders (80 families more); then log-probabilities, and weights in int8
    // and int4; then contrast of pairs, fast gradients, and shares of the learning rate; then answers, tokens and more classes on
    // encoder-decoders (7 families); then pre-training on pairs of segments, a mix of layers, and attention's tiles by outer products;
    // then further adapters, and rungs that are timed; then the logit lens; then 10 KB for images: their processors, ViT, DeiT, CLIP
    // and convolutions; then 6 KB for speech: Whisper, spectrograms, WAV files, other rates; then 2 KB for captions of images;
    // then 22 KB for mixtures of experts and Qwen3-Next, whose layers have states.
    budget: 254 * KB,
    demand: 34 * KB,
  },
];

/** Webpack wraps modules, and puts what several parts share into each of them. @type {Record<string, { first: number, later: number }>} */
const SHARES = { webpack: { first: 1.01, later: 2.5 } };

const folder = join(root, '.build/size');

/**
 * A file of a bundle, what it imports at once, and whether the entry is in it.
 * @typedef {{ name: string, code: string | Uint8Array, imports: string[], isEntry: boolean }} Chunk
 */

/** @type {Record<string, (entry: string) => Promise<Chunk[]>>} */
const bundlers = {
  async esbuild(entry) {
    const { metafile, outputFiles } = await esbuild.build({
      entryPoints: [entry],
      absWorkingDir: folder,
      outdir: 'dist',
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
      metafile: true,
    });
    return Object.entries(metafile.outputs).map(([path, { imports, entryPoint }]) => ({
      name: basename(path),
      code: outputFiles.find((file) => basename(file.path) === basename(path))?.contents ?? '',
      imports: imports.filter((i) => i.kind === 'import-statement').map((i) => basename(i.path)),
      // Chunks that are loaded on demand are entries to esbuild, too.
      isEntry: entryPoint === basename(entry),
    }));
  },
  async vite(entry) {
    const output = await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: {
        write: false,
        modulePreload: false,
        rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
      },
    });
    return [output]
      .flat()
      .flatMap((o) => ('output' in o ? o.output : []))
      .filter((chunk) => chunk.type === 'chunk')
      .map(({ fileName, code, imports, isEntry }) => ({ name: fileName, code, imports, isEntry }));
  },
  async webpack(entry) {
    const webpack = await bundler('webpack');
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry,
      output: { path: join(folder, 'dist'), library: { type: 'module' }, clean: true },
      experiments: { outputModule: true },
      performance: false,
    });
    /** @type {any} */
    const stats = await new Promise((done, failed) =>
      compiler.run((/** @type {Error | null} */ error, /** @type {any} */ result) =>
        error ? failed(error) : done(result),
      ),
    );
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
    return stats.toJson({ assets: true, chunks: true }).chunks.map((/** @type {any} */ chunk) => ({
      name: chunk.files[0],
      code: readFileSync(join(folder, 'dist', chunk.files[0])),
      imports: [],
      isEntry: chunk.initial,
    }));
  },
};

const gzip = (/** @type {readonly Chunk[]} */ chunks) =>
  chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);

/** The chunks that load with the entry: it and what it imports statically, and so on. @param {readonly Chunk[]} chunks */
function loadedFirst(chunks) {
  const byName = new Map(chunks.map((chunk) => [chunk.name, chunk]));
  const loaded = new Set(chunks.filter((chunk) => chunk.isEntry));
  for (const chunk of loaded) {
    for (const name of chunk.imports) {
      const imported = byName.get(name);
      if (imported) loaded.add(imported);
    }
  }
  return loaded;
}

const asked = process.argv.length > 2 ? process.argv.slice(2) : ['esbuild', 'vite'];
const unknown = asked.filter((name) => !(name in bundlers));
if (unknown.length > 0) {
  console.error(`size: no bundler ${unknown.join(', ')}. Choose from ${Object.keys(bundlers).join(', ')}.`);
  process.exit(2);
}
install(folder);
let over = false;
for (const { name, code, budget, demand = 0 } of entries) {
  const entry = join(folder, `${name.replace(/\W+/g, '-')}.js`);
  writeFileSync(entry, code);
  for (const by of asked) {
    const chunks = await bundlers[by](entry);
    const first = loadedFirst(chunks);
    const bytes = gzip([...first]);
    const later = gzip(chunks.filter((chunk) => !first.has(chunk)));
    const share = SHARES[by] ?? { first: 1, later: 1 };
    const allowed = by === 'esbuild' ? budget + demand : share.first * budget;
    const fits = bytes <= allowed && later <= share.later * demand;
    console.log(
      `size: ${name.padEnd(13)} ${by.padEnd(8)} ${(bytes / KB).toFixed(1).padStart(6)} KB gzip of ${Number((allowed / KB).toFixed(1))} KB, ` +
        `${(later / KB).toFixed(1).padStart(4)} KB more on demand: ${fits ? 'ok' : 'OVER BUDGET'}`,
    );
    over ||= !fits;
  }
}
process.exitCode = over ? 1 : 0;
