import { describe, expect, it } from 'vitest';
import {
  estimate,
  Graph,
  IGNORE_INDEX,
  parameters,
  type GraphOptions as TapeOptions,
} from '../../engine/index';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Random } from '../../checks/data';
import { GAT, GraphAttention } from '../gat';
import { bothWays, GraphData, type GraphOptions } from './graph_data';
import { GraphBatches, graphClasses } from './graph_classes';
import { graphConstants, sortedEdges } from './graph_tensors';
import { GraphClassifier, LinkPredictor } from './heads';
import { LinkBatches, linkPrediction } from './links';
import { nodeClasses } from './node_classes';

const small = (more: Partial<GraphOptions> = {}): GraphData =>
  new GraphData({ nodes: 4, source: [3, 0, 1, 3, 0], target: [1, 1, 1, 2, 1], ...more });

describe('GraphData', () => {
  it('sorts edges both ways, and equal ones keep their order', () => {
    const graph = small();
    expect([...graph.byTarget.offsets]).toEqual([0, 0, 4, 5, 5]);
    expect([...graph.byTarget.order]).toEqual([0, 1, 2, 4, 3]);
    const { source, of, offsets, bySource } = sortedEdges(graph);
    expect([...source]).toEqual([3, 0, 1, 0, 3]);
    expect([...of]).toEqual([1, 1, 1, 1, 2]);
    expect(offsets).toBe(graph.byTarget.offsets);
    // Where the edges of each source begin, and their numbers.
    expect([...bySource]).toEqual([0, 2, 3, 3, 5, 1, 3, 2, 0, 4]);
  });

  it('says which id, length or number is wrong', () => {
    expect(() => small({ target: [1, 1, 4, 2, 1] })).toThrow(
      'GraphData: target[2] is 4, but there are 4 nodes. Ids are whole numbers from 0 to 3.',
    );
    expect(() => small({ source: [3, -1, 1, 3, 0] })).toThrow('source[1] is -1');
    expect(() => small({ source: [3, 0.5, 1, 3, 0] })).toThrow('source[1] is 0.5');
    expect(() => small({ source: [3] })).toThrow('source has 1 ids, target 5. Give both ends of each edge.');
    expect(() => small({ features: [1, 2, 3] })).toThrow('features are 3 numbers for 4 nodes');
    expect(() => small({ features: [1, 2, 3, 4, 5, NaN, 7, 8] })).toThrow(
      'features of node 2, column 1, are NaN. Give finite numbers of f32.',
    );
    expect(() => small({ edgeFeatures: [1, 2, 3, Infinity, 5] })).toThrow(
      'edgeFeatures of edge 3, column 0, are Infinity',
    );
    expect(() => small({ features: [1, 1e39, 1, 1] })).toThrow('features of node 1, column 0, are 1e+39');
    expect(() => small({ nodes: 0 })).toThrow('nodes is 0');
    expect(() => small({ edgeFeatures: [] })).toThrow('edgeFeatures are 0 numbers for 5 edges');
    expect(() => small({ colour: 1 } as object)).toThrow('there is no option "colour"');
    expect(() => new GraphData({ nodes: 2, source: [], target: [], edgeFeatures: [1] })).toThrow(
      'edgeFeatures are given, but there is no edge',
    );
  });

  it('puts a loop at each node in place of those that are there', () => {
    const graph = small({ edgeFeatures: [1, 2, 9, 3, 7], features: [1, 2, 3, 4] });
    const features = (fill: Parameters<GraphData['withSelfLoops']>[0]): number[] => [
      ...graph.withSelfLoops(fill).edgeFeatures!.subarray(4),
    ];
    const looped = graph.withSelfLoops();
    expect([...looped.source]).toEqual([3, 0, 3, 0, 0, 1, 2, 3]);
    expect([...looped.target]).toEqual([1, 1, 2, 1, 0, 1, 2, 3]);
    expect([...looped.origin]).toEqual([0, 1, 3, 4, -1, -1, -1, -1]);
    expect([...looped.features!]).toEqual([1, 2, 3, 4]);
    expect(features({}).map((x) => Number(x.toFixed(4)))).toEqual([0, 3.3333, 3, 0]);
    expect(features({ fill: 'add' })).toEqual([0, 10, 3, 0]);
    expect(features({ fill: 'min' })).toEqual([0, 1, 3, 0]);
    expect(features({ fill: 'max' })).toEqual([0, 7, 3, 0]);
    expect(features({ fill: 'mul' })).toEqual([1, 14, 3, 1]);
    expect(features({ fill: 0.5 })).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(() => graph.withSelfLoops({ fill: 'median' as 'mean' })).toThrow('fill is median');
    expect(() => graph.withSelfLoops({ fill: NaN })).toThrow('fill is NaN');
  });

  it('is a graph without an edge, too, whose loops have as many numbers as they should', () => {
    const lone = new GraphData({ nodes: 2, source: [], target: [], features: [1, 2], edgeFeatures: [] });
    expect([lone.edges, lone.edgeWidth, ...lone.byTarget.offsets]).toEqual([0, 0, 0, 0, 0]);
    const { edgeFeatures, edgeWidth } = lone.withSelfLoops({ edgeWidth: 3, fill: 'mul' });
    expect([edgeWidth, ...edgeFeatures!]).toEqual([3, 1, 1, 1, 1, 1, 1]);
    const gat = new GAT({ features: 1, outputs: 2, edgeFeatures: 3 });
    expect([...gat.prepare(lone).edgeFeatures!]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(() => small({ edgeFeatures: [1, 2, 3, 4, 5] }).withSelfLoops({ edgeWidth: 2 })).toThrow(
      'edgeWidth is 2, but edges have 1 numbers',
    );
    expect(() => graphConstants(new Graph(fakeDevice()), lone)).toThrow('it has no edge');
  });

  it('bothWays adds reverses, but not of loops', () => {
    expect(bothWays([0, 1, 2], [1, 1, 0])).toEqual({ source: [0, 1, 2, 1, 0], target: [1, 1, 0, 0, 2] });
    expect(() => bothWays([0], [])).toThrow('source has 1 ids, target 0');
  });
});

describe('GAT', () => {
  it('refuses options and graphs that cannot be', () => {
    expect(() => new GAT({ features: 3, outputs: 2, head: 2 } as never)).toThrow('Did you mean heads?');
    expect(() => new GAT({ features: 0, outputs: 2 })).toThrow('features is 0');
    expect(() => new GAT({ features: 3, outputs: 2, dropout: 1 })).toThrow('dropout is 1');
    expect(() => new GAT({ features: 3, outputs: 2, attentionDropout: 2 })).toThrow('attentionDropout is 2');
    expect(() => new GAT({ features: 3, outputs: 2, version: 3 as 2 })).toThrow('version is 3');
    expect(() => new GAT({ features: 3, outputs: 2, version: 1, shared: true })).toThrow('version 1 always');
    expect(() => new GAT({ features: 3, outputs: 2, fill: 'sum' as 'add' })).toThrow('fill is sum');
    expect(() => new GraphAttention({ inputs: 3, outputs: 2, slope: NaN })).toThrow('slope is NaN');
    const gat = new GAT({ features: 1, outputs: 2 });
    const graph = small({ features: [1, 2, 3, 4] });
    expect(() => gat.prepare(small())).toThrow('nodes have 0 numbers, the model takes 1');
    expect(() => gat.prepare(small({ features: [1, 2, 3, 4], edgeFeatures: [1, 2, 3, 4, 5] }))).toThrow(
      'edges have 1 numbers, the model takes 0',
    );
    expect(() => gat.prepare(graph.withSelfLoops({ fill: 'min' }))).toThrow("by min, the model's by mean");
    const g = new Graph(fakeDevice());
    expect(() => gat.forward(g, graphConstants(g, graph))).toThrow('Use model.prepare(graph).');
    expect(() => graphConstants(g, gat.prepare(graph.withSelfLoops()))).not.toThrow();
  });

  it('takes memory linear in edges, of which none is as wide as a node', () => {
    const bytes = (edges: number, version: 1 | 2, options: Partial<TapeOptions> = {}): number => {
      const random = new Random(5);
      const draw = (): Uint32Array => Uint32Array.from({ length: edges }, () => random.below(200));
      const features = new Float32Array(200 * 16).fill(1);
      const gat = new GAT({ version, features: 16, outputs: 4, hidden: 32, heads: 4 });
      const graph = gat.prepare(new GraphData({ nodes: 200, source: draw(), target: draw(), features }));
      const g = new Graph(fakeDevice(), { train: true, ...options });
      for (const [name, parameter] of parameters(gat)) parameter.name = name;
      const objective = nodeClasses(graph, { labels: new Uint32Array(200), classes: 4 });
      const loss = objective.record(g, 0, gat, null);
      g.backprop(loss);
      return estimate(g, { loss }).activations;
    };
    for (const version of [1, 2] as const) {
      const [one, two, four] = [50_000, 100_000, 200_000].map((edges) => bytes(edges, version));
      const perEdge = (two - one) / 50_000;
      expect(Math.abs((four - two) / 100_000 / perEdge - 1)).toBeLessThan(0.02);
      // 16 bytes of ids, and a few numbers for each head; a row of 4 × 32 numbers would be 512 by itself.
      expect(perEdge).toBeLessThan(200);
    }
  });
});

describe('objectives over graphs', () => {
  const features = [1, 2, 3, 4];
  it('nodeClasses refuses labels and nodes that are none', () => {
    const graph = small({ features });
    const make = (labels: number[]) => nodeClasses(graph, { labels, classes: 2 });
    expect(() => make([0, 1])).toThrow('there are 2 labels of 4 nodes');
    expect(() => make([0, 1, 2, 0])).toThrow('labels[2] is 2. Give a class, from 0 to 1, or IGNORE_INDEX.');
    const objective = make([0, 1, IGNORE_INDEX, 0]);
    expect(() => objective.feed({ nodes: [0, 4] })).toThrow('nodes[1] is 4, but there are 4 nodes');
    expect(() => objective.feed({ nodes: [2] })).toThrow('nodes[0] is 2, which has no label');
    const { inputs, labels } = objective.feed({ nodes: [3, 1, 1] });
    expect([...(inputs.labels as Uint32Array)]).toEqual([IGNORE_INDEX, 1, IGNORE_INDEX, 0]);
    expect(labels).toBe(2);
  });

  it('batches of graphs have room, and what is left over goes to a node of its own', () => {
    const graph = (n: number): GraphData =>
      new GraphData({
        nodes: n,
        source: [0, n - 1],
        target: [n - 1, 0],
        features: new Float32Array(n).fill(n),
      });
    const rows = [2, 3, 4].map((n, label) => ({ graph: graph(n), label: label % 2 }));
    const batches = new GraphBatches(rows, { batch: 2, shuffle: false });
    expect(batches.room).toEqual({ batch: 2, nodes: 8, edges: 4, width: 1, edgeWidth: 0 });
    const feed = batches.feed(batches.at(0));
    expect([...feed.nodes]).toEqual([2, 2, 3, 3, 3, 0, 0, 0]);
    expect([...feed['graphs.offsets']]).toEqual([0, 2, 5, 8]);
    expect([...feed['graphs.of']]).toEqual([0, 0, 1, 1, 1, 2, 2, 2]);
    expect([...feed['edges.source']]).toEqual([1, 0, 4, 2]);
    expect([...feed['edges.of']]).toEqual([0, 1, 2, 4]);
    expect([...feed['edges.offsets']]).toEqual([0, 1, 2, 3, 3, 4, 4, 4, 4]);
    const last = batches.feed(batches.at(1));
    expect([...last['graphs.offsets']]).toEqual([0, 4, 4, 8]);
    expect([...last['edges.of']]).toEqual([0, 3, 7, 7]);
    expect(batches.at(5)).toEqual({ ...batches.at(1), step: 5 });
    const shuffled = new GraphBatches(rows, { batch: 2, seed: 3 });
    const seen = shuffled.epoch(7).flatMap((batch) => batch.rows.map(({ graph: { nodes } }) => nodes));
    expect(seen.sort()).toEqual([2, 3, 4]);
    expect(() => new GraphBatches([])).toThrow('there are no graphs');
    expect(() => new GraphBatches([...rows, { graph: small(), label: 0 }])).toThrow('of graph 3 have no');
    expect(() => new GraphBatches([{ graph: graph(9), label: 0 }], { like: batches })).toThrow(
      'take 10 nodes',
    );
    const wide = new GraphData({ nodes: 2, source: [0], target: [1], features: [1, 2, 3, 4] });
    const two = [0, 1].map((label) => ({ graph: wide, label }));
    expect(() => new GraphBatches(two, { like: batches })).toThrow(
      'graphs have (2, 0) numbers, those of like (1, 0)',
    );
    const looped = [{ graph: graph(2).withSelfLoops(), label: 0 }];
    expect(() => new GraphBatches(looped, { like: batches })).toThrow('other self-loops than those of like');
    expect(() => graphClasses(batches, { classes: 1 })).toThrow('the label of graph 1 is 1');
    expect(() => batches.feed({ step: 0, rows: [...rows] })).toThrow('graph 2 of the batch has no room');
    const gat = new GAT({ features: 1, outputs: 3 });
    expect(() => new GraphClassifier(gat, { classes: 2, pooling: 'median' as 'mean' })).toThrow('pooling is');
  });

  it('links are drawn by seed and step, and none of them is known', () => {
    const graph = small({ features });
    const make = (seed: number) => new LinkBatches(graph, { source: [2], target: [0], negatives: 3, seed });
    const { source, target, labels } = make(1).at(4);
    expect([...labels]).toEqual([1, 0, 0, 0]);
    expect([source[0], target[0]]).toEqual([2, 0]);
    const known = ['3 1', '0 1', '3 2', '2 0'];
    for (let i = 1; i < 4; i++) {
      expect(source[i]).not.toBe(target[i]);
      expect(known).not.toContain(`${source[i]} ${target[i]}`);
      expect(known).not.toContain(`${target[i]} ${source[i]}`);
    }
    expect(make(1).at(4)).toEqual({ source, target, labels });
    expect(Array.from({ length: 8 }, (_, k) => [...make(1).at(k).source].join())).not.toEqual(
      Array.from({ length: 8 }, (_, k) => [...make(2).at(k).source].join()),
    );
    const full = bothWays([0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3]);
    const whole = new GraphData({ nodes: 4, ...full, features });
    expect(() => new LinkBatches(whole, { source: [0], target: [1] }).at(0)).toThrow('none of 1000 pairs');
    expect(() => new LinkBatches(graph, { source: [0, 9], target: [1, 1] })).toThrow('source[1] is 9');
    expect(() => new LinkBatches(graph, { source: [0], target: [1], batch: 2 })).toThrow('there are 1 links');
    const objective = linkPrediction(graph, make(1));
    const wrong = { source: Uint32Array.of(1), target: Uint32Array.of(1), labels: Uint32Array.of(1) };
    expect(() => objective.feed(wrong)).toThrow('a batch has 1 sources, 1 targets, 1 labels. Give 4 pairs.');
    expect(() => new LinkPredictor(new GAT({ features: 1, outputs: 3 }), { score: 'sum' as 'dot' })).toThrow(
      'score is sum',
    );
  });
});
