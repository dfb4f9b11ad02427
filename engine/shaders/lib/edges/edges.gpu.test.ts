import { constant, given, testEdges, type Edge } from '../../../../tests/harness/edges';
import { host } from '../../../../tests/harness/host';
import type { Tensor } from '../../../graph/tensor';
import { aggregate } from '../../aggregate/aggregate';
import { edgeScores } from '../../edge_scores/edge_scores';
import { segmentMax } from '../../segment_max/segment_max';
import { segmentSoftmax } from '../../segment_softmax/segment_softmax';
import { segmentMean, segmentSum } from '../../segment_sum/segment_sum';

const whole = (data: ArrayLike<number>) => ({ shape: [data.length], data: Uint32Array.from(data) });
const repeated = (count: number, value: number): Float64Array => new Float64Array(count).fill(value);
const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);
type Ids = Record<'source' | 'of' | 'offsets' | 'bySource', Tensor>;

/** Nodes 1 to EDGES all have an edge to node 0. */
const EDGES = 100_000;
const inward = {
  source: whole(range(EDGES, 1)),
  of: whole(repeated(EDGES, 0)),
  offsets: whole([0, ...repeated(EDGES + 1, EDGES)]),
  bySource: whole([0, ...range(EDGES + 1), ...range(EDGES)]),
};
/** The same edges the other way round. */
const outward = {
  source: whole(repeated(EDGES, 0)),
  of: whole(range(EDGES, 1)),
  offsets: whole([0, ...range(EDGES + 1)]),
  bySource: whole([0, ...repeated(EDGES + 1, EDGES), ...range(EDGES)]),
};
/** 100,000 equal edges from node 1 to node 0: workgroups of GPUs, one a node, take a software adapter too long for a star. */
const equal = {
  source: whole(repeated(EDGES, 1)),
  of: whole(repeated(EDGES, 0)),
  offsets: whole([0, EDGES, EDGES]),
  bySource: whole([0, 0, EDGES, ...range(EDGES)]),
};
/** A loop at each of so many nodes. */
const loops = (nodes: number) => ({
  source: whole(range(nodes)),
  of: whole(range(nodes)),
  offsets: whole(range(nodes + 1)),
  bySource: whole([...range(nodes + 1), ...range(nodes)]),
});
const rows = (n: number, c: number) => ({
  shape: [n, c],
  data: Float64Array.from({ length: n * c }, (_, i) => (i % 1021) / 1021),
});
/** On either rung more workgroups than one dimension of a dispatch has. */
const [many, half, single] = [rows(70_000, 17), rows(33_000, 17), rows(66_000, 1)];

/** Kernels of GPUs with more workgroups than that: hosts other than lavapipe take some 5 s for each. */
const largeOnGpus: readonly Edge[] =
  host.name !== 'dawn'
    ? []
    : [
        {
          name: 'more than 65,535 workgroups that add up',
          rungs: ['hardware'],
          inputs: { x: half, ...loops(33_000) },
          op: (g, { x, ...ids }) => aggregate(g, x, ids as Ids),
          want: {},
          stored: ({ x }) => ({ y: x }),
        },
        {
          name: 'more than 65,535 workgroups of softmax',
          rungs: ['hardware'],
          inputs: { x: single, ...loops(66_000) },
          op: (g, { x, ...ids }) => segmentSoftmax(g, x, ids as Ids),
          want: { y: repeated(66_000, 1) },
        },
      ];

testEdges('ops over edges', [
  {
    name: 'a star of 100,000 edges keeps the digits of its sums',
    rungs: ['software'],
    inputs: { x: constant([EDGES + 1, 2, 1], 0.1), w: constant([EDGES, 2], 0.7), ...inward },
    op: (g, { x, w, ...ids }) => aggregate(g, x, ids as Ids, { weights: w }),
    upstream: { y: Float64Array.from({ length: 2 * (EDGES + 1) }, (_, i) => (i < 2 ? 1 : 0)) },
    want: {},
    stored: ({ x, w }) => ({
      y: Float64Array.from({ length: 2 * (EDGES + 1) }, (_, i) => (i < 2 ? EDGES * x[0] * w[0] : 0)),
      'grad x': Float64Array.from({ length: 2 * (EDGES + 1) }, (_, i) => (i < 2 ? 0 : w[0])),
      'grad w': repeated(2 * EDGES, x[0]),
    }),
    within: 3e-6,
    unit: 1e-6,
  },
  {
    name: 'the gradient of the middle of a star of 100,000 edges keeps its digits, too',
    rungs: ['software'],
    inputs: { x: constant([EDGES + 1, 4], 0.1), w: constant([EDGES, 1], 0.7), ...outward },
    op: (g, { x, w, ...ids }) => aggregate(g, x, ids as Ids, { weights: w }),
    upstream: { y: repeated(4 * (EDGES + 1), 1) },
    want: {},
    stored: ({ x, w }) => ({
      y: Float64Array.from({ length: 4 * (EDGES + 1) }, (_, i) => (i < 4 ? 0 : x[0] * w[0])),
      'grad x': Float64Array.from({ length: 4 * (EDGES + 1) }, (_, i) => (i < 4 ? EDGES * w[0] : 0)),
      'grad w': repeated(EDGES, 4 * x[0]),
    }),
    within: 3e-6,
    unit: 1e-6,
  },
  {
    name: '100,000 equal edges keep the digits of their sums',
    inputs: { x: constant([2, 2, 1], 0.1), w: constant([EDGES, 2], 0.7), ...equal },
    op: (g, { x, w, ...ids }) => aggregate(g, x, ids as Ids, { weights: w }),
    upstream: { y: [1, 1, 1, 1] },
    want: {},
    stored: ({ x, w }) => ({
      y: [EDGES * x[0] * w[0], EDGES * x[0] * w[0], 0, 0],
      'grad x': [0, 0, EDGES * w[0], EDGES * w[0]],
      'grad w': repeated(2 * EDGES, x[0]),
    }),
    within: 3e-6,
  },
  {
    name: 'softmax and mean over 100,000 edges',
    inputs: { x: constant([EDGES, 1], 300), of: inward.of, offsets: whole([0, EDGES, EDGES]) },
    op: (g, { x, of, offsets }) => ({
      y: segmentSoftmax(g, x, { of, offsets }),
      mean: segmentMean(g, x, { of, offsets }),
      most: segmentMax(g, x, { of, offsets }),
    }),
    upstream: { y: Float64Array.from({ length: EDGES }, (_, e) => (e === 5 ? 1 : 0)) },
    want: {
      y: repeated(EDGES, 1 / EDGES),
      mean: [300, 0],
      most: [300, 0],
      'grad x': Float64Array.from({ length: EDGES }, (_, e) => (1 / EDGES) * ((e === 5 ? 1 : 0) - 1 / EDGES)),
    },
    within: 3e-6,
    unit: 1e-5,
  },
  {
    name: 'the attention vector learns from 100,000 edges in parts',
    inputs: { s: constant([2, 4], 0.1), a: constant([1, 4], 0.5), ...equal },
    op: (g, { s, a, ...ids }) => edgeScores(g, ids as Ids, { source: s, target: s, attention: a }),
    upstream: { y: repeated(EDGES, 1) },
    want: {},
    stored: ({ s }) => ({
      y: repeated(EDGES, 4 * 0.5 * 2 * s[0]),
      'grad a': repeated(4, EDGES * 2 * s[0]),
      'grad s': repeated(8, EDGES * 0.5),
    }),
    within: 3e-6,
  },
  {
    name: 'more than 65,535 workgroups',
    rungs: ['software'],
    inputs: { x: many, ...loops(70_000) },
    op: (g, { x, ...ids }) => ({
      sum: segmentSum(g, x, ids as Ids),
      rows: aggregate(g, x, ids as Ids),
      most: segmentMax(g, x, ids as Ids),
      softmax: segmentSoftmax(g, x, ids as Ids),
    }),
    upstream: { sum: many.data, rows: many.data, most: many.data, softmax: many.data },
    want: {},
    stored: ({ x }) => ({
      ...{ sum: x, rows: x, most: x, softmax: repeated(x.length, 1) },
      'grad x': x.map((v) => 3 * v),
    }),
  },
  ...largeOnGpus,
  {
    name: 'what softmax leaves out, and rows of NaN and infinities',
    inputs: {
      x: given([8, 1], 1e4, 1e4 - 1, -Infinity, -Infinity, -3.4028234663852886e38, 2, NaN, -Infinity),
      of: whole([0, 0, 0, 1, 1, 3, 4, 5]),
      offsets: whole([0, 3, 5, 5, 6, 7, 8]),
    },
    op: (g, { x, of, offsets }) => {
      const segments = { of, offsets };
      return { y: segmentSoftmax(g, x, segments), most: segmentMax(g, x, segments) };
    },
    want: {
      y: [1 / (1 + Math.exp(-1)), 1 / (1 + Math.E), 0, 0, 0, 1, NaN, 0],
      most: [1e4, -3.4028234663852886e38, 0, 2, NaN, -Infinity],
    },
  },
]);
