import { constant, given, testEdges, type Edge } from '../../../tests/harness/edges';
import type { TestArray } from '../../../tests/harness/op';
import { softmax } from './softmax';

const LOWEST = -3.4028234663852886e38;
const every = (c: number): TestArray => ({ shape: [c], data: new Uint32Array(c).fill(1) });

// Rows of 3 take the kernel of single numbers, rows of 8 that of four at a time, rows with a mask the one of any.
const rows: readonly (readonly [x: readonly number[], y: readonly number[]])[] = [
  [
    [-2e30, -2e30, -Infinity],
    [0.5, 0.5, 0],
  ],
  [
    [-1.1e30, -2e30, -Infinity],
    [1, 0, 0],
  ],
  [
    [-Infinity, 0, 0],
    [0, 0.5, 0.5],
  ],
  [
    [LOWEST, 1, 1],
    [0, 0.5, 0.5],
  ],
  [
    [-3e38, -3e38, LOWEST],
    [0.5, 0.5, 0],
  ],
  [
    [3e38, 3e38, -3e38],
    [0.5, 0.5, 0],
  ],
  [
    [LOWEST, LOWEST, LOWEST],
    [0, 0, 0],
  ],
  [
    [-Infinity, -Infinity, -Infinity],
    [0, 0, 0],
  ],
  [
    [-Infinity, LOWEST, -Infinity],
    [0, 0, 0],
  ],
];
const half = rows.filter(([x]) => x.every((v) => !(Math.abs(v) > 1e6 && Math.abs(v) < 3.3e38)));

/** Rows of c, of which the first three are those above and the others -∞. */
const wide = (list: typeof rows, c: number, first = -Infinity) => {
  const x = list.flatMap(([row]) => [...row, ...new Array<number>(c - 3).fill(first)]);
  const y = list.flatMap(([, row]) => [...row, ...new Array<number>(c - 3).fill(0)]);
  return { inputs: { x: given([list.length, c], ...x) }, want: { y } };
};

testEdges('softmax', [
  {
    name: 'hidden is what is -∞ or the lowest number, nothing else',
    ...wide(rows, 3),
    op: (g, { x }) => softmax(g, x),
  },
  { name: 'four at a time', ...wide(rows, 8), op: (g, { x }) => softmax(g, x) },
  { name: 'four at a time, long', ...wide(rows, 24, LOWEST), op: (g, { x }) => softmax(g, x) },
  {
    name: 'with a mask',
    ...wide(rows, 8),
    op: (g, { x }) => softmax(g, x, { mask: g.constant('mask', [8], every(8).data as Uint32Array) }),
  },
  {
    name: 'a scale does not make hidden ones visible, or numbers hidden',
    inputs: { x: given([3, 3], LOWEST, LOWEST, -Infinity, -2e30, -2e30, LOWEST, -2e38, -2e38, -Infinity) },
    op: (g, { x }) => softmax(g, x, { scale: 0.5 }),
    want: { y: [0, 0, 0, 0.5, 0.5, 0, 0.5, 0.5, 0] },
  },
  {
    name: "f16's lowest number is hidden",
    dtypes: ['f16'],
    ...wide(
      half.map(([x, y]) => [x.map((v) => (v === LOWEST ? -65504 : v)), y] as const),
      3,
    ),
    op: (g, { x }) => softmax(g, x),
  },
  ...[3, 8, 24].map((c) => {
    const beside = new Array<number>(c - 3).fill(0.5);
    const spoilers = [NaN, Infinity].flatMap((bad) => [
      ...[bad, 0, 1, ...beside],
      ...[...beside, 0, 1, bad],
      ...[-Infinity, bad, -Infinity, ...beside.fill(-Infinity)],
    ]);
    return {
      name: `NaN and +∞ in a row of ${c} are seen`,
      inputs: { x: given([6, c], ...spoilers) },
      op: (g, { x }) => ({
        y: softmax(g, x),
        masked: softmax(g, x, { mask: g.constant('mask', [c], every(c).data as Uint32Array) }),
      }),
      want: {},
      spoilt: { y: c, masked: c },
    } satisfies Edge;
  }),
  {
    name: 'gradients beside -∞',
    inputs: { x: given([2, 4], -Infinity, 0, 0, -Infinity, LOWEST, LOWEST, LOWEST, -Infinity) },
    op: (g, { x }) => softmax(g, x),
    upstream: { y: [5, 1, 0, 7, 1, 2, 3, 4] },
    want: { 'grad x': [0, 0.25, -0.25, 0, 0, 0, 0, 0] },
  },
  {
    name: 'a row of 200,003 equal numbers',
    inputs: { x: constant([1, 200_003], 0.1) },
    op: (g, { x }) => softmax(g, x, { scale: -Math.log(3) }),
    want: { y: new Float64Array(200_003).fill(1 / 200_003) },
    unit: 1 / 200_003,
  },
]);
