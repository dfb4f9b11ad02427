import { keptRef } from '../../engine/shaders/attention/attention.ref';
import { relativeAttention } from '../../engine/shaders/relative_attention/relative_attention';
import {
  relativeAttentionRef,
  relativeAttentionRefGrad,
  type RelativeInputs,
  type RelativeSizes,
} from '../../engine/shaders/relative_attention/relative_attention.ref';
import { type DescribedOp, describeOp, normal, type OpTest, type TestArray, type Where } from '../op';

interface Case extends Omit<RelativeSizes, 'window'> {
  /** `window`, `chunk` and `dropout`, where there are. */
  readonly [option: string]: number;
}

const STEP = { seed: 5, index: 3 };

const sizesOf = ({ window, ...c }: Case): RelativeSizes => ({ ...c, ...(window && { window }) });

/** Dropout's factors: each chunk is an op of its own, over rows and keys of its own. */
function keptOf({ T, S, heads, window = S, chunk = T, dropout = 0 }: Case) {
  const chunks = Array.from({ length: Math.ceil(T / chunk) }, (_, stream) => {
    const [row, end] = [stream * chunk, Math.min(T, (stream + 1) * chunk)];
    const key = Math.max(0, row + S - T - window + 1);
    const kept = keptRef(STEP, { heads, S: end + S - T - key, rate: dropout, stream });
    return (b: number, h: number, t: number, j: number): number => kept(b, h, t - row, j - key);
  });
  return (b: number, h: number, t: number, j: number): number =>
    dropout > 0 ? chunks[Math.floor(t / chunk)](b, h, t, j) : 1;
}

const spec = {
  // The attention kernels are seconds each for lavapipe's compiler: an adapter with f16 tests that, others f32.
  dtypes: 'either',
  inputs: ({ B, T, S, heads, D }) => ({
    q: normal([B, T, heads * D]),
    kv: normal([B, S, 2 * heads * D]),
    r: normal([S, heads * D]),
    u: normal([heads, D]),
    v: normal([heads, D]),
  }),
  op: (g, { q, kv, r, u, v }, { heads, window, chunk, dropout }) =>
    relativeAttention(
      g,
      { q, kv, distances: r, contentBias: u, positionBias: v },
      { heads, ...(window && { window }), ...(chunk && { chunk }), ...(dropout && { dropout }) },
    ),
  reference: (x, c) => ({ y: relativeAttentionRef(x, sizesOf(c), keptOf(c)) }),
  gradient: (x, { y }, c) => relativeAttentionRefGrad(x, y, sizesOf(c), keptOf(c)),
  terms: ({ B, T, S, D }) => B * T + S + 2 * D,
  step: STEP,
} satisfies Omit<OpTest<Case, Record<keyof RelativeInputs, TestArray>>, 'cases'>;

export const ops = ({ slow }: Where): readonly DescribedOp[] => [
  describeOp('relativeAttention', {
    ...spec,
    cases: [
      { B: 1, T: 1, S: 1, heads: 1, D: 3 },
      { B: 2, T: 5, S: 5, heads: 2, D: 3 }, // no memory
      { B: 2, T: 3, S: 79, heads: 3, D: 3 },
      { B: 2, T: 33, S: 40, heads: 3, D: 8 },
      { B: 2, T: 5, S: 5, heads: 1, D: 3, chunk: 2 },
      { B: 2, T: 33, S: 40, heads: 3, D: 8, chunk: 8 },
      { B: 2, T: 33, S: 79, heads: 3, D: 8, chunk: 16, window: 20 },
      { B: 1, T: 12, S: 15, heads: 3, D: 8, chunk: 4, window: 1 },
      ...(slow
        ? []
        : [
            { B: 2, T: 20, S: 29, heads: 3, D: 8, chunk: 7, dropout: 0.3 },
            { B: 2, T: 20, S: 29, heads: 3, D: 8, chunk: 8, dropout: 0.3, window: 11 },
          ]),
    ],
  }),
  ...(slow
    ? []
    : [
        describeOp('relativeAttention, as on a GPU', {
          ...spec,
          rungs: ['hardware'],
          // wgsl_reflect's interpreter gives eight lanes of the bias's gradient the keys of one, and then sees them collide.
          races: false,
          cases: [{ B: 2, T: 33, S: 47, heads: 2, D: 8 }],
        }),
      ]),
];
