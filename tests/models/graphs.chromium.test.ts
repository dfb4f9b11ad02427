// Parity of GAT and GATv2 with PyTorch Geometric, see tests/fixtures/make_graphs.py, and what they learn.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  AdamW,
  Graph,
  openSafetensors,
  ParameterStore,
  Run,
  Trainer,
  type Device,
  type Tensor,
} from '../../engine/index';
import {
  bothWays,
  GAT,
  geometricNames,
  GraphBatches,
  graphClasses,
  GraphClassifier,
  graphConstants,
  GraphData,
  GraphReader,
  LinkBatches,
  LinkPredictor,
  linkPrediction,
  loadGeometric,
  nodeClasses,
  readLinks,
  saveGeometric,
  type GATConfig,
  type LabelledGraph,
} from '../../models/graphs/index';
import about from '../fixtures/graphs.json';
import karate from '../fixtures/karate.json';
import { fixtureTensors } from '../fixtures/load';
import { normalTensor } from '../fixtures/portable';
import { withDevice } from '../harness/device';
import { club as followers } from '../docs/club';
import { checkpointOf } from './folders';
import {
  expectSteps,
  fixtureAdamW,
  gradientsOf,
  portableWeights,
  relativeError,
  type PortableParameter,
} from './parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });
const made: Disposable[] = [];
afterEach(() => {
  for (const one of made.splice(0).reverse()) one[Symbol.dispose]();
});
const own = <T extends Disposable>(one: T): T => {
  made.push(one);
  return one;
};

const { graph, seed } = about;
type Family = Omit<(typeof about.families)['gat'], 'parameters'> & {
  readonly parameters: Readonly<Record<string, PortableParameter>>;
};
const families = Object.entries(about.families) as unknown as [string, Family][];
const numbers = (name: string, rows: number, width: number): Float32Array =>
  normalTensor(name, [rows, width], 1, seed);
const layers = (count: number): string[] => Array.from({ length: count }, (_, i) => `conv${i + 1}`);

/** The graph of the fixtures, or what is left of it. */
function graphOf(edge: boolean, kept = (e: number): boolean => e >= 0): GraphData {
  const all = numbers('edges', graph.source.length, graph.edgeFeatures);
  const edges = [...graph.source.keys()].filter(kept);
  const width = graph.edgeFeatures;
  return new GraphData({
    nodes: graph.nodes,
    source: edges.map((e) => graph.source[e]),
    target: edges.map((e) => graph.target[e]),
    features: numbers('nodes', graph.nodes, graph.features),
    edgeFeatures: edge ? edges.flatMap((e) => [...all.subarray(e * width, (e + 1) * width)]) : null,
  });
}

function gatOf(config: object): GAT {
  const { edge, ...rest } = config as { edge: boolean } & Partial<GATConfig>;
  const { features, classes: outputs, edgeFeatures } = graph;
  return new GAT({ ...rest, features, outputs, edgeFeatures: edge ? edgeFeatures : 0 });
}

/** A state dict with what the fixtures leave to portable.ts. */
const stateOf = (prefix: string, specs: Readonly<Record<string, PortableParameter>>) =>
  checkpointOf(
    new Map(
      [...portableWeights(specs, prefix, seed)].map(([name, data]) => [
        name,
        { shape: [...specs[name].shape], data },
      ]),
    ),
  );

describe.each(families)('%s equals PyTorch Geometric', (name, { config, parameters, ...record }) => {
  const names = { layers: layers(config.layers) };
  const open = async (): Promise<{ gat: GAT; ready: GraphData; store: ParameterStore }> => {
    const gat = gatOf(config);
    const store = own(await loadGeometric(device, gat, stateOf(name, parameters), names));
    return { gat, store, ready: gat.prepare(graphOf(config.edge)) };
  };
  const objectiveOf = (ready: GraphData) =>
    nodeClasses(ready, { labels: graph.labels, classes: graph.classes });
  const labelled = [...graph.labels.keys()].filter((n) => graph.labels[n] < graph.classes);

  it('logits, attention, gradients, and the file', async () => {
    const expected = await fixtureTensors('graphs.safetensors');
    const { gat, store, ready } = await open();
    const reader = own(await GraphReader.create(device, gat, graphOf(config.edge)));
    expect(relativeError(await reader.read(), expected.get(`${name}/logits`)!.data)).toBeLessThan(2e-6);
    for (let i = 0; i < config.layers; i++) {
      const { weights, heads, source } = await reader.attention(i);
      const want = expected.get(`${name}/attention.${i}`)!;
      expect([source.length, heads]).toEqual(want.shape);
      expect(relativeError(weights, want.data), `attention ${i}`).toBeLessThan(2e-6);
    }
    const objective = objectiveOf(ready);
    const { inputs } = objective.feed({ nodes: labelled });
    const { loss, gradients } = await gradientsOf(store, (g) => objective.record(g, 0, gat, null), inputs);
    expect(Math.abs(loss / record.losses[0] - 1)).toBeLessThan(2e-6);
    const theirs = geometricNames(gat, names);
    expect(gradients.size).toBe(Object.keys(parameters).length);
    for (const [key, data] of gradients) {
      const [there] = theirs.get(key)!;
      const error = relativeError(data, expected.get(`${name}/grad.${there}`)!.data, false);
      expect(error, there).toBeLessThan(1e-5);
    }
    const [before, after] = [stateOf(name, parameters), await saveGeometric(device, gat, names)];
    const [old, written] = await Promise.all([openSafetensors(before), openSafetensors(after)]);
    const copies = config.shared ? Object.keys(parameters).filter((key) => /lin_l/.test(key)) : [];
    expect(written.names().sort()).toEqual(
      [...old.names(), ...copies.map((key) => key.replace('lin_l', 'lin_r'))].sort(),
    );
    for (const key of old.names()) expect(await written.float32(key), key).toEqual(await old.float32(key));
    const again = gatOf(config); // with both names of what is shared
    own(await loadGeometric(device, again, after, names));
  });

  // Those of the other fills have the same kernels.
  if (/add|mul|min/.test(name)) return;
  it('ten steps of AdamW', async () => {
    const { gat, ready } = await open();
    const optimizer = fixtureAdamW(about.optimizer);
    const schedule = about.optimizer.learningRate;
    const trainer = own(
      await Trainer.create({ device, model: gat, objective: objectiveOf(ready), optimizer, schedule }),
    );
    for (let k = 0; k < 10; k++) trainer.submit(() => ({ nodes: labelled }));
    expectSteps(await trainer.losses(), record.losses, record.gradientNorms, record.float32.gradientNorms);
  });
});

describe.each(['mean', 'max', 'sum'] as const)('%s of three graphs equals PyTorch Geometric', (pooling) => {
  it('logits and gradients', async () => {
    const expected = await fixtureTensors('graphs.safetensors');
    const { float32, parameters } = about.pooled[pooling];
    const specs = parameters as Readonly<Record<string, PortableParameter>>;
    const gat = gatOf({ ...about.families.gatv2.config });
    const model = new GraphClassifier(gat, { classes: 2, pooling });
    const names = { layers: layers(2), others: { classifier: 'lin' } };
    const store = own(await loadGeometric(device, model, stateOf(`pooled.${pooling}`, specs), names));
    // Each graph by itself, with its own numbers of nodes.
    const rows = [0, 1, 2].map((b): LabelledGraph => {
      const first = graph.graphs.indexOf(b);
      const nodes = graph.graphs.filter((own) => own === b).length;
      const inside = (n: number): boolean => graph.graphs[n] === b;
      const whole = graphOf(true, (e) => inside(graph.source[e]) && inside(graph.target[e]));
      const part = new GraphData({
        nodes,
        source: whole.source.map((n) => n - first),
        target: whole.target.map((n) => n - first),
        features: whole.features!.subarray(first * graph.features, (first + nodes) * graph.features),
        edgeFeatures: whole.edgeFeatures,
      });
      return { graph: gat.prepare(part), label: graph.graphLabels[b] };
    });
    const batches = new GraphBatches(rows, { batch: 3, shuffle: false });
    const objective = graphClasses(batches, { classes: 2 });
    const { labels, ...inputs } = objective.feed(batches.at(0)).inputs;
    const g = new Graph(device);
    using plan = await g.compile({ logits: model.forward(g, batches.inputs(g)) });
    plan.run(inputs);
    const logits = (await plan.read('logits')).subarray(0, 6);
    expect(relativeError(logits, expected.get(`pooled/${pooling}/logits`)!.data)).toBeLessThan(2e-6);
    const record = (g: Graph): Tensor => objective.record(g, 0, model, null);
    const { gradients } = await gradientsOf(store, record, { ...inputs, labels });
    const theirs = geometricNames(model, names);
    expect(gradients.size).toBe(Object.keys(specs).length);
    for (const [key, data] of gradients) {
      const [there] = theirs.get(key)!;
      const error = relativeError(data, expected.get(`pooled/${pooling}/grad.${there}`)!.data, false);
      expect(error, there).toBeLessThan(Math.max(1e-5, 3 * float32));
    }
  });
});

describe('files of PyTorch Geometric', () => {
  const { parameters } = about.families.gat as unknown as Family;
  const names = { layers: layers(2) };
  const state = async (change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void) => {
    const tensors = new Map(
      [...portableWeights(parameters, 'gat', seed)].map(([name, data]) => [
        name,
        { shape: [...parameters[name].shape], data },
      ]),
    );
    change(tensors);
    return loadGeometric(device, gatOf(about.families.gat.config), checkpointOf(tensors), names);
  };

  it('of 2.0 to 2.4 name the matrix of GATConv twice', async () => {
    own(
      await state((tensors) => {
        for (const conv of names.layers) {
          const weight = tensors.get(`${conv}.lin.weight`)!;
          tensors.delete(`${conv}.lin.weight`);
          tensors.set(`${conv}.lin_src.weight`, weight).set(`${conv}.lin_dst.weight`, weight);
        }
      }),
    );
    await expect(
      state((tensors) => {
        const weight = tensors.get('conv1.lin.weight')!;
        tensors.set('conv1.lin_dst.weight', { ...weight, data: weight.data.map((x) => x + 1) });
      }),
    ).rejects.toThrow('conv1.lin_dst.weight differs from conv1.lin.weight');
  });

  it('are refused where something is missing, left over or of another shape', async () => {
    await expect(state((tensors) => tensors.delete('conv2.bias'))).rejects.toThrow(
      'conv2.bias is missing. The closest is conv1.bias.',
    );
    await expect(
      state((tensors) => tensors.set('conv1.res.weight', { shape: [1], data: new Float32Array(1) })),
    ).rejects.toThrow('1 tensors are left over (conv1.res.weight)');
    await expect(
      state((tensors) => tensors.set('conv1.bias', { shape: [2], data: new Float32Array(2) })),
    ).rejects.toThrow('conv1.bias is (2), the model’s (12)');
  });
});

describe('the karate club', () => {
  const { nodes, clubs } = karate;
  const edges = bothWays(karate.source, karate.target);
  const identity = Float32Array.from({ length: nodes * nodes }, (_, i) => (i % (nodes + 1) === 0 ? 1 : 0));
  const club = new GraphData({ nodes, ...edges, features: identity });

  it('members follow one of two whose clubs are known', async () => {
    const gat = new GAT({
      features: nodes,
      outputs: 2,
      hidden: 4,
      heads: 4,
      dropout: 0.2,
      attentionDropout: 0.2,
    });
    const ready = gat.prepare(club);
    const objective = nodeClasses(ready, { labels: clubs, classes: 2 });
    const options = {
      device,
      model: gat,
      objective,
      optimizer: new AdamW({ weightDecay: 5e-4 }),
      schedule: 2e-2,
      seed: 1,
    };
    const run = own(await Run.create(options));
    const others = [...clubs.keys()].filter((n) => n !== 0 && n !== 33);
    const losses: number[] = [];
    await run.fit({
      steps: 60,
      batches: () => ({ nodes: [0, 33] }),
      validation: [{ nodes: others }],
      evaluateEvery: 60,
      onEvent: (e) => {
        if (e.kind === 'steps') losses.push(...e.reports.map(({ loss }) => loss));
        if (e.kind === 'evaluation') expect(e.loss).toBeLessThan(0.6);
      },
    });
    expect(losses.at(-1)! / losses[0]).toBeLessThan(0.5);
    const reader = own(await GraphReader.create(device, gat, club));
    const found = await reader.classes();
    const right = [...found.keys()].filter((n) => found[n] === clubs[n]).length;
    expect(right).toBeGreaterThanOrEqual(31);
    const { weights, heads, target, edge } = await reader.attention(0);
    expect([heads, target.length, edge.at(-1)]).toEqual([4, edges.source.length + nodes, -1]);
    expect([...edge.subarray(0, edges.source.length)]).toEqual([...edges.source.keys()]);
    for (let head = 0; head < heads; head++) {
      const sums = new Float64Array(nodes);
      for (const [e, n] of target.entries()) sums[n] += weights[e * heads + head];
      for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    }
    await expect(reader.attention(2)).rejects.toThrow('layer is 2. There are layers 0 to 1.');
    // What is resumed goes on with the same losses.
    const saved = await run.save();
    const next = async (one: Run<{ nodes: number[] }>): Promise<number[]> => {
      const more: number[] = [];
      await one.fit({
        steps: 63,
        batches: () => ({ nodes: [0, 33] }),
        onEvent: (e) => {
          if (e.kind === 'steps') more.push(...e.reports.map(({ loss }) => loss));
        },
      });
      return more;
    };
    const went = await next(run as never);
    const model = new GAT(gat.config);
    const other = own(await Run.create({ ...options, model, objective }));
    await other.load(saved);
    expect(await next(other as never)).toEqual(went);
  });

  it('the guide’s example tells them, too', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const found = await followers(device, nodes, karate, clubs, [0, 33]);
    expect(console.log).toHaveBeenCalledWith('0 → 1:', expect.any(Float32Array));
    vi.restoreAllMocks();
    expect([...found.keys()].filter((n) => found[n] === clubs[n]).length).toBeGreaterThanOrEqual(30);
  });

  it.each(['dot', 'mlp'] as const)('links are told from pairs that are none (%s)', async (score) => {
    // Every fifth tie is kept from the network.
    const held = (i: number): boolean => i % 5 === 2;
    const ties = [...karate.source.keys()];
    const pick = (which: (i: number) => boolean) => ({
      source: ties.filter(which).map((i) => karate.source[i]),
      target: ties.filter(which).map((i) => karate.target[i]),
    });
    const seen = pick((i) => !held(i));
    const gat = new GAT({ features: nodes, outputs: 8, hidden: 8, heads: 2 });
    const model = new LinkPredictor(gat, { score });
    const ready = gat.prepare(
      new GraphData({ nodes, ...bothWays(seen.source, seen.target), features: identity }),
    );
    const batches = new LinkBatches(club, { ...seen, seed: 3 });
    const objective = linkPrediction(ready, batches);
    const run = own(
      await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 1e-2, seed: 2 }),
    );
    await run.fit({ steps: 40, batches: (k) => batches.at(k) });
    const hidden = pick(held);
    const none = new LinkBatches(club, { ...hidden, negatives: 10, seed: 9 }).at(0);
    const probabilities = await readLinks(device, model, ready, none);
    const links = [...probabilities.subarray(0, hidden.source.length)];
    const others = [...probabilities.subarray(hidden.source.length)];
    const wins = links.reduce((n, p) => n + others.filter((q) => p > q).length, 0);
    expect(wins / links.length / others.length).toBeGreaterThan(0.65); // the area under the curve
  });
});

it('graphs are told by their shape', async () => {
  // Paths and stars of any size; nodes know how many neighbours they have.
  const shape = (n: number, star: boolean): GraphData => {
    const from = Array.from({ length: n - 1 }, (_, i) => i + 1);
    const edges = bothWays(from, star ? from.map(() => 0) : from.map((i) => i - 1));
    const features = new Float32Array(2 * n);
    for (const node of edges.target) features[2 * node] += 0.1;
    for (let node = 0; node < n; node++) features[2 * node + 1] = 1;
    return new GraphData({ nodes: n, ...edges, features });
  };
  const gat = new GAT({ features: 2, outputs: 8, hidden: 4, heads: 2, selfLoops: false });
  const model = new GraphClassifier(gat, { classes: 2, pooling: 'max' });
  const rows = Array.from({ length: 24 }, (_, i) => ({
    graph: gat.prepare(shape(5 + (i >> 1), i % 2 === 1)),
    label: i % 2,
  }));
  const batches = new GraphBatches(rows, { batch: 8, seed: 1 });
  const objective = graphClasses(batches, { classes: 2 });
  const run = own(
    await Run.create({ device, model, objective, optimizer: new AdamW(), schedule: 3e-2, seed: 4 }),
  );
  let loss = NaN;
  await run.fit({
    steps: 40,
    batches: (k) => batches.at(k),
    validation: batches.epoch(),
    evaluateEvery: 40,
    onEvent: (e) => {
      if (e.kind === 'evaluation') loss = e.loss;
    },
  });
  expect(loss).toBeLessThan(0.2);
});

it('a graph gives the same at every run, to the bit, and so do its gradients', async () => {
  const gat = new GAT({
    features: graph.features,
    outputs: 3,
    dropout: 0.3,
    edgeFeatures: graph.edgeFeatures,
  });
  const store = own(new ParameterStore(device, gat, { seed: 5 }));
  const g = new Graph(device);
  const ready = gat.prepare(graphOf(true));
  using plan = await g.compile({ y: gat.forward(g, graphConstants(g, ready)) });
  plan.run();
  const first = await plan.read('y');
  plan.run();
  expect(await plan.read('y')).toEqual(first);
  const objective = nodeClasses(ready, { labels: graph.labels.map((label) => label % 3), classes: 3 });
  const { inputs } = objective.feed({ nodes: [0, 1, 2, 4, 5] });
  const twice = [];
  for (let i = 0; i < 2; i++)
    twice.push(await gradientsOf(store, (h) => objective.record(h, 0, gat, null), inputs, { seed: 3 }));
  expect(twice[1]).toEqual(twice[0]);
});
