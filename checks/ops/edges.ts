/** Ops over the edges of graphs: sums, softmax and maxima over segments, sums over neighbours, scores of edges. */
import { aggregate } from '../../engine/shaders/aggregate/aggregate';
import { aggregateRef, aggregateRefGrad } from '../../engine/shaders/aggregate/aggregate.ref';
import { edgeDot } from '../../engine/shaders/edge_dot/edge_dot';
import { edgeDotRef, edgeDotRefGrad } from '../../engine/shaders/edge_dot/edge_dot.ref';
import { edgeScores } from '../../engine/shaders/edge_scores/edge_scores';
import { edgeScoresRef, edgeScoresRefGrad } from '../../engine/shaders/edge_scores/edge_scores.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { segmentMax } from '../../engine/shaders/segment_max/segment_max';
import { segmentMaxRef, segmentMaxRefGrad } from '../../engine/shaders/segment_max/segment_max.ref';
import { segmentSoftmax } from '../../engine/shaders/segment_softmax/segment_softmax';
import {
  segmentSoftmaxRef,
  segmentSoftmaxRefGrad,
} from '../../engine/shaders/segment_softmax/segment_softmax.ref';
import { segmentMean, segmentSum } from '../../engine/shaders/segment_sum/segment_sum';
import { segmentSumRef, segmentSumRefGrad } from '../../engine/shaders/segment_sum/segment_sum.ref';
import { describeOp, normal, Random, type TestArray } from '../op';

const whole = (data: Uint32Array): TestArray => ({ shape: [data.length], data });

/** Offsets of `count` sorted numbers below `below`. */
function offsetsOf(sorted: ArrayLike<number>, below: number): Uint32Array {
  const offsets = new Uint32Array(below + 1);
  for (let i = 0; i < sorted.length; i++) offsets[sorted[i] + 1]++;
  for (let n = 0; n < below; n++) offsets[n + 1] += offsets[n];
  return offsets;
}

/**
 * A random graph with what must not go wrong: node 0 has no edge at all where there are others, one has a loop and two equal
 * edges, and every third edge goes to the last node.
 */
function graph(edges: number, targets: number, sources = targets) {
  const random = new Random(7 * edges + targets);
  const least = targets > 1 ? 1 : 0;
  const pairs = Array.from({ length: edges }, (_, e): [number, number] => [
    Math.min(sources - 1, least + random.below(Math.max(1, sources - least))),
    e % 3 === 0 ? targets - 1 : least + random.below(targets - least),
  ]);
  if (edges > 4) pairs[1] = pairs[2] = [Math.min(sources - 1, 1), targets - 1];
  if (edges > 4) pairs[4] = [Math.min(sources, targets) - 1, Math.min(sources, targets) - 1];
  pairs.sort((a, b) => a[1] - b[1]);
  const source = Uint32Array.from(pairs, ([s]) => s);
  const of = Uint32Array.from(pairs, ([, t]) => t);
  const order = Uint32Array.from(pairs.keys()).sort((a, b) => source[a] - source[b] || a - b);
  const from = offsetsOf(
    order.map((e) => source[e]),
    sources,
  );
  return {
    source: whole(source),
    of: whole(of),
    offsets: whole(offsetsOf(of, targets)),
    bySource: whole(Uint32Array.of(...from, ...order)),
  };
}

const SIZES = [
  { edges: 1, targets: 1 },
  { edges: 9, targets: 4 },
  { edges: 600, targets: 5 },
] as const;
const cases = <T extends object>(options: readonly T[]) =>
  SIZES.map((size, i) => ({ ...size, ...options[i % options.length] }));
const all = (...more: readonly Float64Array[]): Float64Array =>
  more.reduce((a, b) => a.map((v, i) => v + b[i]));

const SHAPES = [
  { heads: 1, width: 1 },
  { heads: 3, width: 5 },
  { heads: 4, width: 8 },
] as const;

export const ops = [
  describeOp('segmentSum and segmentMean', {
    cases: cases([{ c: 1 }, { c: 5 }, { c: 68 }]),
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, c }) => {
      const { of, offsets } = graph(edges, targets);
      return { x: normal([edges, c]), of, offsets };
    },
    op: (g, { x, of, offsets }) => ({
      sum: segmentSum(g, x, { offsets, of }),
      mean: segmentMean(g, x, { offsets, of }),
    }),
    reference: ({ x, offsets }, { c }) => ({
      sum: segmentSumRef(x, offsets, c),
      mean: segmentSumRef(x, offsets, c, true),
    }),
    gradient: ({ offsets }, { sum, mean }, { c }) => ({
      x: all(segmentSumRefGrad(sum, offsets, c), segmentSumRefGrad(mean, offsets, c, true)),
    }),
    terms: ({ edges }) => edges,
    bound: { scale: 4 }, // terms as large as this; what they add up to may be less
  }),
  describeOp('segmentSoftmax', {
    cases: cases([{ h: 1 }, { h: 3 }, { h: 8 }]),
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, h }) => {
      const { of, offsets } = graph(edges, targets);
      return { x: normal([edges, h], { std: 2 }), of, offsets };
    },
    // Reading x twice has its gradient added to.
    op: (g, { x, of, offsets }) => ({ z: scale(g, x, 2), y: segmentSoftmax(g, x, { offsets, of }) }),
    reference: ({ x, offsets }, { h }) => ({
      z: x.map((v) => 2 * v),
      y: segmentSoftmaxRef(x, offsets, h),
    }),
    gradient: ({ x, offsets }, { z, y }, { h }) => ({
      x: all(
        z.map((d) => 2 * d),
        segmentSoftmaxRefGrad(segmentSoftmaxRef(x, offsets, h), y, offsets, h),
      ),
    }),
    terms: ({ edges }) => edges,
  }),
  describeOp('segmentMax', {
    cases: cases([{ c: 1 }, { c: 5 }, { c: 68 }]),
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, c }) => {
      const { of, offsets } = graph(edges, targets);
      return { x: normal([edges, c]), of, offsets };
    },
    op: (g, { x, of, offsets }) => ({ y: segmentMax(g, x, { offsets, of }), z: scale(g, x, 2) }),
    reference: ({ x, offsets }, { c }) => ({ y: segmentMaxRef(x, offsets, c), z: x.map((v) => 2 * v) }),
    gradient: ({ x, offsets }, { y, z }, { c }) => ({
      x: all(
        segmentMaxRefGrad(x, y, offsets, c),
        z.map((d) => 2 * d),
      ),
    }),
    terms: () => 2,
  }),
  describeOp('aggregate', {
    cases: [
      ...cases(SHAPES).map((c) => ({ ...c, sources: c.targets, weighed: true })),
      { edges: 40, targets: 7, sources: 11, heads: 2, width: 4, weighed: true },
      { edges: 40, targets: 11, sources: 7, heads: 2, width: 3, weighed: false },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, sources, heads, width }) => ({
      x: normal([sources, heads, width]),
      w: normal([edges, heads]),
      ...graph(edges, targets, sources),
    }),
    op: (g, { x, w, ...ids }, { weighed }) => ({
      y: aggregate(g, x, ids, weighed ? { weights: w } : {}),
      z: scale(g, w, 2),
    }),
    reference: ({ x, w, source, of }, { targets, heads, width, weighed }) => ({
      y: aggregateRef(x, weighed ? w : null, { source, of }, { targets, heads, width }),
      z: w.map((v) => 2 * v),
    }),
    gradient: ({ x, w, source, of }, { y, z }, { heads, width, weighed }) => {
      const d = aggregateRefGrad(x, weighed ? w : null, y, { source, of }, { heads, width });
      const dz = z.map((v) => 2 * v);
      return { x: d.x, w: weighed ? all(d.weights, dz) : dz };
    },
    terms: ({ edges }) => edges,
    bound: { scale: 6 }, // products as large as this; what they add up to may be less
  }),
  describeOp('edgeDot', {
    cases: [
      ...cases(SHAPES).map((c) => ({ ...c, sources: c.targets })),
      { edges: 40, targets: 7, sources: 11, heads: 2, width: 4 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, sources, heads, width }) => ({
      a: normal([sources, heads, width]),
      b: normal([targets, heads, width]),
      ...graph(edges, targets, sources),
    }),
    op: (g, { a, b, ...ids }) => edgeDot(g, a, b, ids),
    reference: ({ a, b, source, of }, { heads, width }) => ({
      y: edgeDotRef(a, b, { source, of }, heads, width),
    }),
    gradient: ({ a, b, source, of }, { y }, { heads, width }) =>
      edgeDotRefGrad(a, b, y, { source, of }, heads, width),
    terms: ({ edges }) => edges,
    bound: { scale: 6 },
  }),
  describeOp('edgeScores', {
    cases: [
      // No more edges: finite differences should not step over a corner.
      ...cases(SHAPES).map((c) => ({
        ...{ ...c, edges: Math.min(c.edges, 150), sources: c.targets, full: true },
      })),
      { edges: 40, targets: 7, sources: 11, heads: 2, width: 4, full: false },
      { edges: 40, targets: 11, sources: 7, heads: 8, width: 1, full: false },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ edges, targets, sources, heads, width }) => ({
      s: normal([sources, heads, width]),
      t: normal([targets, heads, width]),
      e: normal([edges, heads, width]),
      a: normal([1, heads, width]),
      ...graph(edges, targets, sources),
    }),
    // Reading e and a twice gives them gradients where the scores do not read them, and adds where they do.
    op: (g, { s, t, e, a, ...ids }, { full }) => ({
      ze: scale(g, e, 2),
      za: scale(g, a, 2),
      y: edgeScores(g, ids, {
        ...{ source: s, target: t, slope: 0.3 },
        ...(full && { edge: e, attention: a }),
      }),
    }),
    reference: ({ s, t, e, a, source, of }, { heads, width, full }) => ({
      ze: e.map((v) => 2 * v),
      za: a.map((v) => 2 * v),
      y: edgeScoresRef(
        { source: s, target: t, edge: full ? e : null, a: full ? a : null },
        { source, of },
        { heads, width, slope: 0.3 },
      ),
    }),
    gradient: ({ s, t, e, a, source, of }, { ze, za, y }, { heads, width, full }) => {
      const rows = { source: s, target: t, edge: full ? e : null, a: full ? a : null };
      const d = edgeScoresRefGrad(rows, y, { source, of }, { heads, width, slope: 0.3 });
      const [de, da] = [ze.map((v) => 2 * v), za.map((v) => 2 * v)];
      return {
        s: d.source,
        t: d.target,
        e: full ? all(d.edge, de) : de,
        a: full ? all(d.a, da) : da,
      };
    },
    terms: ({ edges, width }) => edges + width,
    bound: { scale: 10 },
  }),
];
