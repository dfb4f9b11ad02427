import { constant, given, testEdges, type Edge } from '../../../tests/harness/edges';
import { gated } from '../gated/gated';
import { matmul } from '../matmul/matmul';
import { activation, type Activation } from './activation';
import { activationRef, activationRefGrad } from './activation.ref';

/** Those that go on as x does; the others stay within 1. */
const unbounded = [
  'gelu',
  'gelu_tanh',
  'gelu_sigmoid',
  'relu',
  'silu',
] as const satisfies readonly Activation[];
const kinds = [...unbounded, 'tanh', 'sigmoid'] as const satisfies readonly Activation[];

/** ± every power of two of f32, three numbers of each octave; and the stretch where exp vanishes, step by step. */
const sweep: number[] = [];
for (let k = -149; k <= 127; k++)
  for (const f of [1, 1.37, 1.93]) for (const sign of [1, -1]) sweep.push(sign * f * 2 ** k);
for (let i = -1200; i <= 1200; i++) sweep.push(i / 10);
// A device may take numbers below 2^-126 for 0, where relu's slope jumps.
const normal = sweep.filter((x) => Math.abs(x) >= 2 ** -126);
const ones = new Float64Array(normal.length).fill(1);

testEdges('activations', [
  ...kinds.flatMap((kind): Edge[] => [
    {
      name: `${kind} over all of f32`,
      inputs: { x: given([sweep.length], ...sweep) },
      op: (g, { x }) => activation(g, x, kind),
      want: {},
      stored: ({ x }) => ({ y: activationRef(x, kind) }),
      within: 2e-5, // exp of -87 errs by 87 ε
      unit: 1e-31, // numbers below 1e-36 may vanish
    },
    {
      name: `slope of ${kind} over all of f32`,
      inputs: { x: given([normal.length], ...normal) },
      op: (g, { x }) => activation(g, x, kind),
      upstream: { y: ones },
      want: {},
      stored: ({ x }) => ({ 'grad x': activationRefGrad(x, ones, kind) }),
      within: 2e-6,
    },
    {
      name: `${kind} in f16`,
      dtypes: ['f16'],
      inputs: {
        x: given(
          [normal.length],
          ...normal.map((v) => Math.sign(v) * Math.min(65_504, Math.max(2 ** -14, Math.abs(v)))),
        ),
      },
      op: (g, { x }) => activation(g, x, kind),
      upstream: { y: ones },
      want: {},
      stored: ({ x }) => ({ y: activationRef(x, kind), 'grad x': activationRefGrad(x, ones, kind) }),
      within: 1e-3,
      unit: 1e-1,
    },
  ]),
  ...unbounded.flatMap((kind): Edge[] => [
    {
      name: `${kind} of NaN and infinities`,
      inputs: { x: given([5], NaN, Infinity, -Infinity, 0, 1e30), b: constant([5, 1], 1) },
      op: (g, { x }) => activation(g, x, kind),
      upstream: { y: [1, 1, 1, 1, 1] },
      want: {
        y: [NaN, Infinity, 0, 0, 1e30],
        'grad x': [kind === 'relu' ? 1 : NaN, 1, 0, kind === 'relu' ? 0 : 0.5, 1],
      },
    },
    {
      name: `${kind} behind a gate and in a product`,
      inputs: {
        x: given([1, 12], NaN, -3e38, 1e6, -1e6, 1e20, -1e20, ...new Array<number>(6).fill(1)),
        b: given([1, 8], NaN, -3e38, 3e38, 1e6, -1e6, 1, 2, 3),
        one: constant([1, 1], 1),
      },
      op: (g, { x, b, one }) => ({
        y: gated(g, x, kind),
        product: matmul(g, one, b, { activation: kind }),
      }),
      want: { y: [NaN, 0, 1e6, 0, 1e20, 0] },
      stored: ({ b }) => ({ product: activationRef(b, kind).map((v, i) => (i === 0 ? NaN : v)) }),
    },
  ]),
  ...(['tanh', 'sigmoid'] as const).map((kind): Edge => {
    const [low, middle, slope] = kind === 'tanh' ? [-1, 0, 1] : [0, 0.5, 0.25];
    return {
      name: `${kind} of NaN and infinities`,
      inputs: { x: given([5], NaN, Infinity, -Infinity, 0, 1e30) },
      op: (g, { x }) => activation(g, x, kind),
      upstream: { y: [1, 1, 1, 1, 1] },
      want: { y: [NaN, 1, low, middle, 1], 'grad x': [NaN, 0, 0, slope, 0] },
    };
  }),
  {
    name: 'tanh of small numbers keeps their digits',
    inputs: { x: given([4], 1e-30, -1e-3, 0.59, 0.61) },
    op: (g, { x }) => activation(g, x, 'tanh'),
    want: {},
    stored: ({ x }) => ({ y: activationRef(x, 'tanh') }),
    within: 1e-6,
    unit: 1e-33,
  },
  {
    name: 'slopes and values of the report',
    inputs: { x: given([4], 1e6, -1e6, -3e38, 1e20) },
    op: (g, { x }) => ({ tanh: activation(g, x, 'gelu_tanh'), silu: activation(g, x, 'silu') }),
    upstream: { tanh: [1, 1, 1, 1] },
    want: { tanh: [1e6, 0, 0, 1e20], silu: [1e6, 0, 0, 1e20], 'grad x': [1, 0, 0, 1] },
  },
]);
