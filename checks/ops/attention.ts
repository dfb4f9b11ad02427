import { attention, selfAttention } from '../../engine/shaders/attention/attention';
import {
  attentionRef,
  attentionRefGrad,
  type AttentionSizes,
} from '../../engine/shaders/attention/attention.ref';
import { type DescribedOp, describeOp, normal, type OpTest, type TestArray, type Where } from '../op';

interface Fused {
  readonly [key: string]: number | boolean;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly causal: boolean;
}

export const sizes = (c: Fused): AttentionSizes => ({ ...c, S: c.T });

/** Splits rows into column ranges, or joins them. */
export function split(x: Float64Array, widths: readonly number[]): Float64Array[] {
  const total = widths.reduce((a, b) => a + b, 0);
  const n = x.length / total;
  return widths.map((w, i) => {
    const offset = widths.slice(0, i).reduce((a, b) => a + b, 0);
    return Float64Array.from({ length: n * w }, (_, at) => x[Math.floor(at / w) * total + offset + (at % w)]);
  });
}
function join(parts: readonly Float64Array[], widths: readonly number[]): Float64Array {
  const total = widths.reduce((a, b) => a + b, 0);
  const out = new Float64Array((parts[0].length / widths[0]) * total);
  let offset = 0;
  for (const [p, part] of parts.entries()) {
    const w = widths[p];
    for (let at = 0; at < part.length; at++) out[Math.floor(at / w) * total + offset + (at % w)] = part[at]!;
    offset += w;
  }
  return out;
}
const fusedWidths = (c: Fused): number[] => [c.heads * c.D, c.keyValueHeads * c.D, c.keyValueHeads * c.D];

// These are the largest kernels: seconds each for lavapipe's compiler. The adapter with f16 tests f16, others f32.
const dtypes = 'either';

export const fused = (
  B: number,
  T: number,
  heads: number,
  keyValueHeads: number,
  D: number,
  causal: boolean,
): Fused => ({
  B,
  T,
  heads,
  keyValueHeads,
  D,
  causal,
});

const fusedOp = {
  dtypes,
  inputs: ({ B, T, heads, keyValueHeads, D }) => ({ qkv: normal([B, T, (heads + 2 * keyValueHeads) * D]) }),
  op: (g, { qkv }, { heads, keyValueHeads, causal }) =>
    selfAttention(g, qkv, { heads, keyValueHeads, causal }),
  reference: ({ qkv }, c) => {
    const [q, k, v] = split(qkv, fusedWidths(c)) as [Float64Array, Float64Array, Float64Array];
    return { y: attentionRef(q, k, v, sizes(c)) };
  },
  gradient: ({ qkv }, { y }, c) => {
    const [q, k, v] = split(qkv, fusedWidths(c)) as [Float64Array, Float64Array, Float64Array];
    const d = attentionRefGrad(q, k, v, y, sizes(c));
    return { qkv: join([d.q, d.k, d.v], fusedWidths(c)) };
  },
  terms: ({ T, heads, keyValueHeads, D }) => D + (T * heads) / keyValueHeads,
} satisfies Partial<OpTest<Fused, { qkv: TestArray }>>;

export const ops = ({ slow }: Where): readonly DescribedOp[] => [
  describeOp('selfAttention', {
    // Few head widths, because each is a pipeline; T at 1, primes and the edges of both rungs' tiles.
    cases: [
      fused(1, 3, 1, 1, 4, true),
      fused(1, 1, 2, 2, 20, true),
      fused(2, 15, 4, 2, 20, true),
      fused(1, 17, 2, 1, 20, false),
      fused(2, 31, 3, 3, 20, true),
      fused(1, 33, 4, 1, 20, true),
      ...(slow ? [] : [fused(1, 67, 4, 2, 64, true), fused(1, 67, 4, 4, 64, false)]),
    ],
    rungs: ['software', 'hardware'],
    ...fusedOp,
  }),
  describeOp('selfAttention of software adapters without subgroups', {
    cases: [fused(2, 31, 3, 3, 20, true), fused(1, 33, 4, 1, 20, true), fused(1, 37, 3, 1, 3, false)],
    rungs: ['no subgroups'],
    ...fusedOp,
    dtypes: ['f32'],
    races: false, // the cpu host has no subgroups, so that 'software' above has looked
    finiteDifferences: false,
  }),

  // The smallest of these, which is looked at for races, has more rows than a tile of 32.
  describeOp('selfAttention of tiles of 64 rows', {
    cases: [fused(1, 34, 1, 1, 4, true), fused(1, 65, 2, 1, 20, false)],
    rungs: ['hardware'],
    ...fusedOp,
    finiteDifferences: false, // as above
  }),

  // Other variants of the same kernels.
  describeOp('selfAttention of heads that 4 does not divide, and of wide ones', {
    cases: [
      fused(2, 5, 2, 2, 3, true),
      fused(1, 37, 3, 1, 3, false),
      ...(slow ? [] : [fused(1, 19, 3, 3, 128, true)]),
    ],
    rungs: slow ? ['software'] : ['software', 'hardware'],
    ...fusedOp,
  }),
  describeOp('attention across sequences of other lengths', {
    cases: [
      { B: 1, T: 2, S: 3, causal: false },
      { B: 3, T: 5, S: 19, causal: false },
      { B: 3, T: 35, S: 7, causal: true },
      { B: 3, T: 7, S: 35, causal: true },
    ],
    rungs: ['software', 'hardware'],
    dtypes,
    inputs: ({ B, T, S }) => ({
      q: normal([B, T, 8]),
      kv: normal([B, S, 16]),
      // The second sequence has no key at all: zeros, and no gradient.
      lengths: { shape: [B], data: Uint32Array.of(S, 0, Math.ceil(S / 2)).slice(0, B) },
    }),
    op: (g, { q, kv, lengths }, { causal }) => attention(g, { q, kv, heads: 2, width: 4, causal, lengths }),
    reference: ({ q, kv, lengths }, c) => {
      const [k, v] = split(kv, [8, 8]) as [Float64Array, Float64Array];
      return { y: attentionRef(q, k, v, { ...c, heads: 2, keyValueHeads: 2, D: 4, lengths }) };
    },
    gradient: ({ q, kv, lengths }, { y }, c) => {
      const [k, v] = split(kv, [8, 8]) as [Float64Array, Float64Array];
      const d = attentionRefGrad(q, k, v, y, { ...c, heads: 2, keyValueHeads: 2, D: 4, lengths });
      return { q: d.q, kv: join([d.k, d.v], [8, 8]), lengths: new Float64Array() };
    },
    terms: ({ T, S }) => 8 + Math.max(T, S),
  }),
];
