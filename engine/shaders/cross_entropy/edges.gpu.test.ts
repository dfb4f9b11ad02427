import { constant, given, testEdges, type Edge } from '../../../tests/harness/edges';
import { crossEntropyRows } from './cross_entropy';
import { crossEntropyRef, crossEntropyRefGrad } from './cross_entropy.ref';
import { IGNORE_INDEX } from '../../graph/plan';

const LOWEST = -3.4028234663852886e38;
const pad = (c: number, ...x: readonly number[]): number[] => [
  ...x,
  ...new Array<number>(c - x.length).fill(-Infinity),
];

/** Rows of c logits and their targets, against the float64 reference; losses by row, their mean, the gradient. */
function edge(
  name: string,
  c: number,
  rows: readonly (readonly [logits: readonly number[], target: number])[],
  { labelSmoothing = 0, ...rest }: { labelSmoothing?: number } & Partial<Edge> = {},
): Edge {
  const targets = Uint32Array.from(rows, ([, t]) => t);
  const options = { v: c, labelSmoothing, ignoreIndex: IGNORE_INDEX };
  const wanted = ({ logits }: Readonly<Record<string, Float64Array>>) => {
    const at = Float64Array.from(targets);
    return {
      ...crossEntropyRef(logits, at, options),
      'grad logits': crossEntropyRefGrad(logits, at, 1, options),
    };
  };
  return {
    name,
    inputs: {
      logits: given([rows.length, c], ...rows.flatMap(([x]) => x)),
      targets: { shape: [rows.length], data: targets },
    },
    op: (g, { logits, targets: t }) => ({ ...crossEntropyRows(g, logits, t, { labelSmoothing }) }),
    upstream: { loss: [1] },
    want: {},
    stored: wanted,
    ...rest,
  };
}

testEdges('crossEntropy', [
  {
    ...edge('logits (-∞, 0, 0), by hand', 3, [[[-Infinity, 0, 0], 1]]),
    stored: () => ({ loss: [Math.LN2], 'grad logits': [0, -0.5, 0.5] }),
  },
  edge('-∞ first, in blocks, last', 20, [
    [pad(20, -Infinity, 0, 0), 1],
    [[...pad(8), 0, 1, ...pad(10)], 9],
    [[...pad(16), 0, 1, 2, 3], 17],
    [[...pad(19), 5], 19],
    [[0, ...pad(19)], 0],
  ]),
  edge('-∞ first, more than a stretch of them', 2100, [
    [[...pad(2090), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 2095],
    [[7, ...pad(2099)], 0],
  ]),
  edge('large and low numbers count', 3, [
    [[-2e30, -2e30, -Infinity], 0],
    [[LOWEST, LOWEST, LOWEST], 2],
    [[3e38, 3e38, -3e38], 0],
    [[1, LOWEST, 1], 2],
  ]),
  edge(
    'numbers of f16',
    9,
    [
      [pad(9, -Infinity, 0, 0), 1],
      [pad(9, -65504, -65504), 0],
      [[...pad(8), 60000], 8],
    ],
    { dtypes: ['f16'] },
  ),
  edge('smoothing, two logits of 3e38', 2, [[[3e38, 3e38], 0]], { labelSmoothing: 0.1 }),
  edge('smoothing, one logit far above', 19, [[[...new Array<number>(18).fill(-1e30), 1e30], 18]], {
    labelSmoothing: 0.1,
    within: 2e-6,
    unit: 1,
  }),
  edge('smoothing of 1,000 × 100000.1', 1000, [[new Array<number>(1000).fill(100000.1), 7]], {
    labelSmoothing: 0.1,
  }),
  edge('smoothing, logits that grow', 1100, [[Array.from({ length: 1100 }, (_, i) => 1e5 + i / 64), 1]], {
    labelSmoothing: 0.1,
    within: 1e-5,
  }),
  {
    ...edge('a target at -∞ costs +∞; its gradient is as finite as ever', 3, [[[-Infinity, 0, 0], 0]]),
    stored: () => ({ loss: [Infinity], rows: [Infinity], 'grad logits': [-1, 0.5, 0.5] }),
  },
  {
    ...edge('a target at -∞, with smoothing', 3, [[[-Infinity, 0, 0], 0]], { labelSmoothing: 0.1 }),
    stored: () => ({ loss: [Infinity] }),
  },
  ...[pad(11), pad(11, Infinity, 1), pad(11, 0, NaN, 1), [...pad(10), NaN], [...pad(10), Infinity]].map(
    (x): Edge => ({
      ...edge(`a row without a loss: ${x.slice(0, 3).join(', ')} … ${x[10]}`, 11, [
        [x, 1],
        [pad(11, 0, 0), 1],
      ]),
      stored: () => ({ loss: [NaN], rows: [NaN, Math.LN2] }),
    }),
  ),
  {
    ...edge('200,000 rows of the same loss', 2, []),
    inputs: {
      logits: constant([200_000, 2], 0.1),
      targets: { shape: [200_000], data: new Uint32Array(200_000) },
    },
    stored: () => ({ loss: [Math.LN2] }),
    within: 1e-6,
    // A workgroup for each row takes a software adapter over a minute; the sum of the rows is the same kernel.
    rungs: import.meta.env.HEED_HOSTS === 'all' ? ['software', 'hardware'] : ['software'],
  },
  {
    ...edge('100,003 classes', 100_003, []),
    inputs: { logits: constant([1, 100_003], 0.3), targets: { shape: [1], data: Uint32Array.of(5) } },
    op: (g, { logits, targets }) => ({ ...crossEntropyRows(g, logits, targets, { labelSmoothing: 0.1 }) }),
    stored: () => ({ loss: [Math.log(100_003)] }),
    within: 1e-6,
  },
]);
