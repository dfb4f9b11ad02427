import { gatedLinearAttention } from '../../engine/shaders/gated_linear_attention/gated_linear_attention';
import {
  gatedLinearAttentionRef,
  gatedLinearAttentionRefGrad,
  type GatedLinearAttentionInputs,
} from '../../engine/shaders/gated_linear_attention/gated_linear_attention.ref';
import { type DescribedOp, describeOp, normal, type TestArray, type Where } from '../op';

interface Case {
  readonly [key: string]: number;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly D: number;
  readonly E: number;
}
type Decay = 'none' | 'head' | 'number';
const of = (T: number, more: Partial<Case> = {}): Case => ({
  ...{ B: 1, T, heads: 2, keyHeads: 2, valueHeads: 2, D: 8, E: 8 },
  ...more,
});

const mapped = (x: TestArray, f: (y: number) => number): TestArray => ({
  ...x,
  data: Float64Array.from(x.data, f),
});

/** Rows of length 1, as the delta rule wants keys: others make states without bound. */
function unit(shape: readonly number[], width: number): TestArray {
  const x = normal(shape);
  const lengths = Array.from({ length: x.data.length / width }, (_, row) =>
    Math.hypot(...x.data.subarray(row * width, (row + 1) * width)),
  );
  return { ...x, data: Float64Array.from(x.data, (y, i) => y / lengths[Math.floor(i / width)]) };
}

/** One update rule: which gates there are decides which kernels run. `long`: too much for finite differences. */
const rule = (
  name: string,
  decay: Decay,
  delta: boolean,
  cases: readonly Case[],
  {
    long = false,
    races = false,
    ...bound
  }: { long?: boolean; races?: boolean; bound?: { scale: number } } = {},
): DescribedOp =>
  describeOp<Case, Record<string, TestArray>>(name, {
    cases,
    // Its interpreter takes half a minute for a rule: all kernels of the columns' rung run in the last one. It does not wait at
    // barriers in functions that main calls, as tiles with a correction have them, and matmul's own tests have looked at that.
    races: races && { without: /^matmul|tiles.*delta/ },
    rungs: ['software', 'hardware'],
    finiteDifferences: !long,
    ...bound,
    // lavapipe, whose compiler takes seconds a variant, has f16 and tests that alone.
    dtypes: 'either',
    inputs: ({ B, T, heads, keyHeads, valueHeads, D, E }) => ({
      q: normal([B, T, heads * D]),
      k: delta ? unit([B, T, keyHeads * D], D) : normal([B, T, keyHeads * D], { std: 0.5 }),
      v: normal([B, T, valueHeads * E]),
      ...(decay !== 'none' && {
        decay: mapped(normal([B, T, valueHeads * (decay === 'head' ? 1 : D)]), (x) => -0.3 * x * x),
      }),
      ...(delta && { beta: mapped(normal([B, T, valueHeads]), (x) => 1 / (1 + Math.exp(-x))) }),
    }),
    op: (g, { q, k, v, decay, beta }, { heads, keyHeads, valueHeads, D, E }) =>
      gatedLinearAttention(g, {
        ...{ q, k, v, heads, keyHeads, valueHeads, width: D, valueWidth: E },
        ...(decay && { decay }),
        ...(beta && { beta }),
      }),
    reference: (x, c) => ({ y: gatedLinearAttentionRef(x as unknown as GatedLinearAttentionInputs, c).out }),
    gradient: (x, { y }, c) => ({
      ...gatedLinearAttentionRefGrad(x as unknown as GatedLinearAttentionInputs, y, c),
    }),
    terms: ({ T, D, E, heads, valueHeads, keyHeads }) =>
      Math.max(D, E) + (T * Math.max(heads, valueHeads)) / Math.min(keyHeads, valueHeads),
  });

const one = { heads: 1, keyHeads: 1, valueHeads: 1, D: 4, E: 4 };
const shared = { heads: 4, keyHeads: 1, valueHeads: 2, B: 2 };
/** Qwen3-Next's: fewer heads of queries and keys than of values. */
const wideValues = { heads: 1, keyHeads: 1, valueHeads: 3, D: 6, E: 5 };

/** Within a chunk, then over several. */
const both = (name: string, decay: Decay, delta: boolean, short: readonly Case[], long: readonly Case[]) => [
  rule(name, decay, delta, short),
  rule(`${name}, over chunks`, decay, delta, long, { long: true }),
];

export const ops = ({ slow }: Where): readonly DescribedOp[] => [
  // The first row meets an empty state: its decay's gradient is a difference of equal numbers about 1.
  rule('gatedLinearAttention of one row', 'head', true, [of(1)], { bound: { scale: 1 } }),
  rule('gatedLinearAttention without gates', 'none', false, [of(3, one)], { races: true }),
  rule(
    'gatedLinearAttention without gates, over chunks',
    'none',
    false,
    [of(33, shared), of(129, { E: 20 })],
    { long: true },
  ),
  ...both(
    'gatedLinearAttention, a decay a head',
    'head',
    false,
    [of(3)],
    [of(65, wideValues), of(70, shared)],
  ),
  ...both(
    'gatedLinearAttention, a decay a number',
    'number',
    false,
    [of(4)],
    [of(66, { ...shared, D: 6, E: 3 })],
  ),
  ...both(
    'gatedLinearAttention, delta rule',
    'none',
    true,
    [of(3)],
    [of(64, shared), of(67, { D: 5, E: 36 })],
  ),
  ...both(
    'gatedLinearAttention, gated delta rule',
    'head',
    true,
    [of(4, wideValues)],
    [of(40, wideValues), of(150, { ...wideValues, B: 2 }), ...(slow ? [] : [of(200, { D: 64, E: 72 })])],
  ),
  ...both(
    'gatedLinearAttention, delta rule, a decay a number',
    'number',
    true,
    [of(3)],
    [of(66, wideValues)],
  ),
];
