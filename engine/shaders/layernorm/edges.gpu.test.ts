import { given, testEdges, type Edge } from '../../../tests/harness/edges';
import { Random } from '../../../tests/harness/op';
import { rmsnorm } from '../rmsnorm/rmsnorm';
import { layernorm } from './layernorm';
import { normRef, normRefGrad } from './layernorm.ref';

const EPS = 1e-5;

/** A row of numbers, and how many ε its results may err by besides a few: what the numbers themselves carry. */
interface Row {
  readonly x: readonly number[];
  readonly condition: number;
}

/** Rows against the float64 reference, forward and backward. */
function norm(name: string, rows: readonly Row[], center: boolean): Edge {
  const c = rows[0].x.length;
  const random = new Random(c);
  const weight = Array.from({ length: c }, () => 1 + random.normal() / 4);
  const dy = Array.from({ length: rows.length * c }, () => random.normal());
  const options = { eps: EPS, center };
  return {
    name: `${center ? 'layernorm' : 'rmsnorm'} of ${name}, C ${c}`,
    inputs: {
      x: given([rows.length, c], ...rows.flatMap(({ x }) => x)),
      weight: { ...given([c], ...weight), fixed: true },
      bias: { ...given([c], ...new Array<number>(c).fill(0)), fixed: true },
    },
    op: (g, { x, weight: w, bias }) => (center ? layernorm(g, x, w, bias, EPS) : rmsnorm(g, x, w, EPS)),
    upstream: { y: dy },
    want: {},
    stored: ({ x, weight: w, bias }) => ({
      y: normRef(x, w, center ? bias : null, options),
      'grad x': normRefGrad(x, w, Float64Array.from(dy), options).x,
    }),
    within: 2 ** -22,
    scales: ({ x }) => {
      const y = x.map((_, i) => 8 + rows[Math.floor(i / c)].condition);
      // A gradient is as small as its row is spread, and where that is below 2^-126 a device may take it for 0.
      return { y, 'grad x': rstds(x, c, center).map((r, i) => Math.max(r * y[i], 2 ** -126 / 2 ** -22)) };
    },
  };
}

/** 1 / std of each number's row. */
function rstds(x: Float64Array, c: number, center: boolean): Float64Array {
  const rows = Array.from({ length: x.length / c }, (_, n) => {
    const row = x.subarray(n * c, n * c + c);
    const mean = center ? row.reduce((a, b) => a + b, 0) / c : 0;
    return 1 / Math.sqrt(row.reduce((a, b) => a + (b - mean) ** 2, 0) / c + EPS);
  });
  return x.map((_, i) => rows[Math.floor(i / c)]);
}

const noise = (c: number, std: number, mean: number, seed: number): number[] => {
  const random = new Random(seed);
  return Array.from({ length: c }, () => mean + std * random.normal());
};
const WIDTHS = [20, 21, 772] as const;
const offsets = [
  [1, 1000],
  [1, -1e5],
  [100, 1e6],
  [0.01, 3],
  [1e-3, 0],
  [1e15, 1e20],
] as const;

testEdges('norms', [
  {
    name: '20 × 1000000.0625 are all the mean',
    inputs: {
      x: given([1, 20], ...new Array<number>(20).fill(1000000.0625)),
      one: given([20], ...new Array<number>(20).fill(1)),
    },
    op: (g, { x, one }) => layernorm(g, x, one, null),
    want: { y: new Array<number>(20).fill(0) },
  },
  ...WIDTHS.map((c) =>
    norm(
      'equal numbers, and numbers far from zero',
      [
        ...[0.1, -7, 1e5 + 1 / 128, 16_777_215, -1e20, 3.4e38, 1e-20, 0].map((v) => ({
          x: new Array<number>(c).fill(v),
          condition: 0,
        })),
        // The mean is known to half an ulp: an error of ε |mean| / std in each number.
        ...offsets.flatMap(([std, mean]) =>
          [1, 2].map((seed) => ({ x: noise(c, std, mean, seed), condition: Math.abs(mean) / std })),
        ),
      ],
      true,
    ),
  ),
  ...WIDTHS.flatMap((c) =>
    [true, false].map((center) =>
      norm(
        'numbers whose squares overflow, and others beside them',
        [
          noise(c, 1e38 / 4, 0, 1),
          noise(c, 2e19, 0, 2),
          noise(c, 1e25, 0, 3),
          noise(c, 1, 0, 4),
          noise(c, 1e-3, 0, 5),
          [3e38, ...noise(c - 1, 1, 0, 6)],
          [...noise(c - 2, 1e30, 0, 7), -3.4e38, 3.4e38],
          [...new Array<number>(c - 1).fill(1e-3), 1e15],
          // Numbers count from the row's first, which stands up to √C deviations from the mean.
        ].map((x) => ({ x, condition: 2 * Math.sqrt(c) })),
        center,
      ),
    ),
  ),
  ...([4, 5] as const).flatMap((c) =>
    [NaN, Infinity].map((bad): Edge => ({
      name: `${bad} in a row of ${c} is seen`,
      inputs: {
        x: given([2, c], ...new Array<number>(c - 1).fill(1), bad, bad, ...new Array<number>(c - 1).fill(2)),
        one: given([c], ...new Array<number>(c).fill(1)),
      },
      op: (g, { x, one }) => ({ layer: layernorm(g, x, one, null), rms: rmsnorm(g, x, one) }),
      want: {},
      spoilt: { layer: c, rms: c },
    })),
  ),
  // Parameters' gradients are sums over all rows.
  ...[true, false].map((center): Edge => ({
    name: `gradients of ${center ? 'layernorm' : 'rmsnorm'}'s parameters over 100,003 rows`,
    inputs: {
      x: {
        shape: [100_003, 2],
        data: Float64Array.from({ length: 200_006 }, (_, i) => (i % 2 === 0 ? 3 : 1)),
      },
      weight: given([2], 1, 1),
      ...(center ? { bias: given([2], 0, 0) } : {}),
    },
    op: (g, { x, weight, bias }) => (center ? layernorm(g, x, weight, bias, 0) : rmsnorm(g, x, weight, 0)),
    upstream: { y: new Float64Array(200_006).fill(0.1) },
    want: center
      ? { 'grad weight': [10000.3, -10000.3], 'grad bias': [10000.3, 10000.3] }
      : { 'grad weight': [30000.9 / Math.sqrt(5), 10000.3 / Math.sqrt(5)] },
    within: 2e-6,
  })),
]);
