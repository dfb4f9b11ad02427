import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { integers, normal, testOp, type TestArray } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { binaryCrossEntropy, meanSquaredError } from './elementwise_loss';
import {
  binaryCrossEntropyRef,
  binaryCrossEntropyRefGrad,
  squaredErrorRef,
  squaredErrorRefGrad,
} from './elementwise_loss.ref';

const cases = [
  { n: 1, c: 1 },
  { n: 3, c: 5 },
  { n: 130, c: 67 }, // several workgroups
];

/** Of rows: 0 for the second. */
const weights = (n: number): TestArray => ({
  shape: [n],
  data: Float64Array.from({ length: n }, (_, i) => (i === 1 ? 0 : 1 + (i % 3))),
  fixed: true,
});

testOp('meanSquaredError', {
  cases,
  rungs: ['software', 'hardware'],
  inputs: ({ n, c }) => ({ x: normal([n, c]), t: normal([n, c]), w: weights(n) }),
  op: (g, { x, t, w }) => ({
    y: meanSquaredError(g, x, t),
    weighted: meanSquaredError(g, x, t, { weights: w }),
  }),
  reference: ({ x, t, w }) => ({ y: squaredErrorRef(x, t, null), weighted: squaredErrorRef(x, t, w) }),
  gradient: ({ x, t, w }, { y, weighted }) => {
    const other = squaredErrorRefGrad(x, t, w, weighted[0]);
    const dx = squaredErrorRefGrad(x, t, null, y[0]).map((d, i) => d + other[i]);
    return { x: dx, t: dx.map((d) => -d) };
  },
  terms: ({ n, c }) => n * c,
});

testOp('binaryCrossEntropy', {
  cases,
  rungs: ['software', 'hardware'],
  inputs: ({ n, c }) => ({
    x: normal([n, c], { std: 3 }),
    t: integers([n, c], 2),
    p: { shape: [n, c], data: Float64Array.from({ length: n * c }, (_, i) => (i % 5) / 4), fixed: true },
    w: weights(n),
  }),
  op: (g, { x, t, p, w }) => ({
    y: binaryCrossEntropy(g, x, t),
    weighted: binaryCrossEntropy(g, x, p, { weights: w }),
  }),
  reference: ({ x, t, p, w }) => ({
    y: binaryCrossEntropyRef(x, t, null),
    weighted: binaryCrossEntropyRef(x, p, w),
  }),
  gradient: ({ x, t, p, w }, { y, weighted }) => {
    const other = binaryCrossEntropyRefGrad(x, p, w, weighted[0]);
    return { x: binaryCrossEntropyRefGrad(x, t, null, y[0]).map((d, i) => d + other[i]) };
  },
  terms: ({ n, c }) => n * c,
});

describe('losses of pairs', () => {
  const g = new Graph(fakeDevice(), { train: true });
  const x = g.input('x', [2, 3], 'f32', { differentiable: true });
  const t = g.input('t', [2, 3], 'f32');
  it('name shapes that do not fit', () => {
    expect(() => meanSquaredError(g, x, g.input('row', [3], 'f32'))).toThrow(
      'meanSquaredError: row is (3). It must be (2, 3).',
    );
    expect(() => meanSquaredError(g, x, t, { weights: g.input('columns', [3], 'f32') })).toThrow(
      'columns (3) f32 does not fit x (2, 3) f32. Give weights of the same shape, or of its leading axes.',
    );
    expect(() => binaryCrossEntropy(g, g.input('ids', [2], 'u32'), t)).toThrow('ids holds u32');
  });
  it('refuse gradients that they do not give', () => {
    const wanted = g.input('wanted', [2, 3], 'f32', { differentiable: true });
    expect(() => binaryCrossEntropy(g, x, wanted)).toThrow('wanted wants a gradient, and gets none');
    expect(() => meanSquaredError(g, x, t, { weights: wanted })).toThrow('wanted wants a gradient');
    expect(meanSquaredError(g, x, wanted).shape).toEqual([]);
  });
});
