import { concat, headsFirst, slice } from '../../engine/shaders/rearrange/rearrange';
import {
  gather,
  headsFirstIndices,
  scatter,
  sliceIndices,
} from '../../engine/shaders/rearrange/rearrange.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal } from '../op';

const slices = [
  { outer: 1, size: 1, inner: 1, start: 0, length: 1 },
  { outer: 3, size: 7, inner: 5, start: 2, length: 4 },
  { outer: 2, size: 9, inner: 4, start: 8, length: 1 },
  { outer: 5, size: 12, inner: 1, start: 4, length: 8 }, // columns of rows
  { outer: 2, size: 67, inner: 8, start: 0, length: 66 },
];

export const ops = [
  describeOp('slice', {
    cases: slices,
    inputs: ({ outer, size, inner }) => ({ x: normal([outer, size, inner]) }),
    op: (g, { x }, { start, length }) => slice(g, x, 1, start, length),
    reference: ({ x }, { outer, size, inner, start, length }) => ({
      y: gather(x, sliceIndices(outer, size, inner, start, length)),
    }),
    gradient: ({ x }, { y }, { outer, size, inner, start, length }) => ({
      x: scatter(y, sliceIndices(outer, size, inner, start, length), x.length),
    }),
    terms: () => 1,
  }),
  describeOp('slice: parts that overlap add up their gradients', {
    cases: [{ n: 3 }, { n: 4 }],
    inputs: ({ n }) => ({ x: normal([6, n]) }),
    op: (g, { x }) => ({ a: slice(g, x, 0, 0, 4), b: slice(g, x, 0, 3, 2) }),
    reference: ({ x }, { n }) => ({ a: x.slice(0, 4 * n), b: x.slice(3 * n, 5 * n) }),
    gradient: (_, { a, b }, { n }) => {
      const x = new Float64Array(6 * n);
      a.forEach((d, i) => (x[i] += d));
      b.forEach((d, i) => (x[3 * n + i] += d));
      return { x };
    },
    terms: () => 2,
  }),
  describeOp('concat', {
    cases: [
      { outer: 1, first: 1, second: 1, inner: 1 },
      { outer: 2, first: 3, second: 5, inner: 7 },
      { outer: 3, first: 17, second: 2, inner: 8 },
      { outer: 4, first: 4, second: 8, inner: 1 },
    ],
    inputs: ({ outer, first, second, inner }) => ({
      a: normal([outer, first, inner]),
      b: normal([outer, second, inner]),
    }),
    // Reading a twice has its gradient added to.
    op: (g, { a, b }) => ({ y: concat(g, [a, b], 1), z: scale(g, a, 2) }),
    reference: ({ a, b }, { outer, first, second, inner }) => {
      const rows = Array.from({ length: outer }, (_, o) => [
        ...a.slice(o * first * inner, (o + 1) * first * inner),
        ...b.slice(o * second * inner, (o + 1) * second * inner),
      ]);
      return { y: Float64Array.from(rows.flat()), z: a.map((v) => 2 * v) };
    },
    gradient: (_, { y, z }, { outer, first, second, inner }) => {
      const part = (start: number, length: number) =>
        gather(y, sliceIndices(outer, first + second, inner, start, length));
      return { a: part(0, first).map((d, i) => d + 2 * z[i]), b: part(first, second) };
    },
    terms: () => 2,
  }),
  describeOp('headsFirst', {
    cases: [
      { n: 1, heads: 1, width: 1 },
      { n: 5, heads: 3, width: 7 },
      { n: 67, heads: 2, width: 8 },
    ],
    inputs: ({ n, heads, width }) => ({ x: normal([n, heads * width]) }),
    op: (g, { x }, { heads }) => headsFirst(g, x, heads),
    reference: ({ x }, { n, heads, width }) => ({ y: gather(x, headsFirstIndices(n, heads, width)) }),
    gradient: ({ x }, { y }, { n, heads, width }) => ({
      x: scatter(y, headsFirstIndices(n, heads, width), x.length),
    }),
    terms: () => 1,
  }),
];
