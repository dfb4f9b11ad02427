// The order of layers: every file imports only to its left. No test needs to know the files.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** A file imports from its own layer and from lower ranks; layers of one rank know nothing of each other. */
const rank: Record<string, number> = {
  'tests/fixtures': 0, // data that benches share with tests
  'engine/disposal': -1, // the symbols of `using`, before any class
  'engine/errors': 0,
  'engine/hash': 0,
  'engine/runtime': 1,
  'engine/graph': 2,
  'engine/shaders': 3,
  'engine/nn': 4,
  'engine/tuning': 4, // times what the shaders are
  'engine/io': 5,
  'engine/metrics': 5,
  'engine/train': 6, // writes checkpoints through io, stops early on metrics
  'engine/index': 7,
  'engine/adapters': 7,
  'engine/attention': 7,
  'engine/data': 7,
  'engine/edges': 7,
  models: 8,
  corpora: 9, // what the demo, the command line and benches train on
  checks: 9, // what tests and the page My GPU check
  'bench/harness': 9, // what benches and the page My GPU time
  demo: 10,
  bench: 10,
  cli: 10,
};
const roots = ['engine', 'models', 'corpora', 'checks', 'demo', 'bench', 'cli'].filter((root) =>
  existsSync(root),
);
const entries = roots.flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => path.posix.join(root, name)),
);
/** What ships: no tests, no ambient declarations, and not the build-time plugin. */
const files = entries.filter(
  (f) => f.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$|^engine\/wgsl_plugin/.test(f),
);
const layerOf = (file: string): string | undefined =>
  Object.keys(rank).find((layer) => file === layer || file.startsWith(`${layer}/`) || file === `${layer}.ts`);
const importsOf = (file: string): string[] =>
  Array.from(readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g), (match) =>
    path.posix.join(path.posix.dirname(file), match[1].replace(/\?.*$/, '')),
  );

test('every file belongs to a layer and imports only to its left', () => {
  const wrong = files.flatMap((file) => {
    const own = layerOf(file);
    if (own === undefined) return [`${file} belongs to no layer`];
    return importsOf(file)
      .filter((target) => {
        const layer = layerOf(target);
        return layer !== own && (layer === undefined || rank[layer] >= rank[own]);
      })
      .map((target) => `${file} imports ${target}`);
  });
  expect(files.length).toBeGreaterThan(10);
  expect(wrong).toEqual([]);
});

test('no file of the engine or the models leads back to itself, types and what is loaded on demand included', () => {
  const known = new Set(files.filter((file) => /^(engine|models)\//.test(file)));
  const path: string[] = [];
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    path.push(file);
    for (const target of importsOf(file)) {
      const found = [target, `${target}.ts`, `${target}/index.ts`].find((name) => known.has(name));
      if (found) visit(found);
    }
    path.pop();
    done.add(file);
  };
  for (const file of known) visit(file);
  expect(done.size).toBeGreaterThan(100);
  // A parameter and the store that owns its memory, and lays it out, know each other: types only.
  const [parameter, store] = ['engine/nn/parameter.ts', 'engine/nn/parameter_store.ts'];
  const layout = 'engine/nn/weight_layout.ts';
  expect(circles.sort()).toEqual([
    [parameter, store, parameter].join(' → '),
    [parameter, store, layout, parameter].join(' → '),
  ]);
});

test('models and pages see the engine only through its entries', () => {
  const wrong = files
    .filter((file) => /^(models|demo|cli)\//.test(file))
    .flatMap((file) => importsOf(file).map((target) => `${file} imports ${target}`))
    .filter((line) =>
      /imports engine\/(?!(?:index|adapters|attention|data|edges|metrics\/index)(\.ts)?$)/.test(line),
    );
  expect(wrong).toEqual([]);
});

test('no drawers for leftovers, no default exports', () => {
  expect(entries.filter((name) => /\/(utils?|common|helpers?|misc)(\/|$)/.test(name))).toEqual([]);
  const shipped = files.filter((file) => /^(engine|models)\//.test(file));
  expect(shipped.filter((file) => /^export default\b/m.test(readFileSync(file, 'utf8')))).toEqual([]);
});

test('what builds, prepares and ships needs no tests', () => {
  const tools = readdirSync('tools').map((name) => `tools/${name}`);
  const wrong = tools.flatMap((file) =>
    importsOf(file)
      .filter((target) => !target.startsWith('tools/'))
      .map((target) => `${file} imports ${target}`),
  );
  expect(tools.length).toBeGreaterThan(10);
  expect(wrong).toEqual([]);
});

test('files and folders of the engine and the models are spelt one way', () => {
  const spelt = /^(README\.md|[a-z][a-z0-9]*(_[a-z0-9]+)*(\.ref|\.test|\.gpu\.test|\.d)?\.(ts|wgsl))$/;
  const tracked = execFileSync('git', ['ls-files', 'engine', 'models'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const folders = tracked.flatMap((file) => path.posix.dirname(file).split('/'));
  expect(tracked.length).toBeGreaterThan(200);
  expect(tracked.filter((file) => !spelt.test(path.posix.basename(file)))).toEqual([]);
  expect(folders.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
});
