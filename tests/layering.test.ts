// The order of layers: every file imports only to its left. No test needs to know the files.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** A file imports from its own layer and from lower ranks; layers of one rank know nothing of each other. */
const rank: Record<string, number> = {
  'tests/fixtures': 0, // data that benches share with tests
  'engine/errors': 0,
  'engine/runtime': 1,
  'engine/graph': 2,
  'engine/shaders': 3,
  'engine/nn': 4,
  'engine/peft': 5,
  'engine/io': 5,
  'engine/metrics': 5,
  'engine/train': 6, // writes checkpoints through io, stops early on metrics
  'engine/index': 7,
  'engine/attention': 7,
  'engine/data': 7,
  models: 8,
  demo: 9,
  bench: 9,
  cli: 10, // trains on the demo's data
};
const roots = ['engine', 'models', 'demo', 'bench', 'cli'].filter((root) => existsSync(root));
const entries = roots.flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => path.posix.join(root, name)),
);
/** What ships: no tests, no ambient declarations, and not the build-time plugin. */
const files = entries.filter(
  (f) => f.endsWith('.ts') && !/\.test\.ts$|\.d\.ts$|^engine\/wgsl-plugin/.test(f),
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

test('models and pages see the engine only through its entries', () => {
  const wrong = files
    .filter((file) => /^(models|demo|cli)\//.test(file))
    .flatMap((file) => importsOf(file).map((target) => `${file} imports ${target}`))
    .filter((line) => /imports engine\/(?!(?:index|attention|data|metrics\/index)(\.ts)?$)/.test(line));
  expect(wrong).toEqual([]);
});

test('no drawers for leftovers, no default exports', () => {
  expect(entries.filter((name) => /\/(utils?|common|helpers?|misc)(\/|$)/.test(name))).toEqual([]);
  const shipped = files.filter((file) => /^(engine|models)\//.test(file));
  expect(shipped.filter((file) => /^export default\b/m.test(readFileSync(file, 'utf8')))).toEqual([]);
});
