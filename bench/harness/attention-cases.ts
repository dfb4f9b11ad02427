/** The attentions that the kernel bench times; kernel-cases.ts tells what a case is. */
import { gatedLinearAttention, linearSelfAttention } from '../../engine/attention';
import {
  attention,
  bucketBias,
  decodeCrossAttention,
  denseBias,
  t5Bucket,
  type Graph,
  type Tensor,
} from '../../engine/index';
import { attentionRef, attentionRefGrad, type Pairwise } from '../../engine/shaders/attention/attention.ref';
import { gatedLinearAttentionRef } from '../../engine/shaders/gated_linear_attention/gated_linear_attention.ref';
import { features, linearAttentionRef } from '../../engine/shaders/linear_attention/linear_attention.ref';
import type { KernelCase } from './kernel-cases';

const [H, D] = [12, 64];
const C = H * D;
const F32 = 4;

interface Kind {
  readonly T: number;
  /** Default T: a sequence to itself, fused rows. */
  readonly S?: number;
  /** Default 12. */
  readonly keyValueHeads?: number;
  readonly causal?: boolean;
  readonly window?: number;
  readonly softcap?: number;
  /** A learned bias. */
  readonly bias?: 'dense' | 'buckets';
}

const bucketOf = (distance: number): number => t5Bucket(distance, { bidirectional: false });
const BUCKETS = 32;

/** Columns [from, from + wide) of rows of `stride`. */
function columns(x: Float64Array, stride: number, from: number, wide: number): Float64Array {
  return Float64Array.from(
    { length: (x.length / stride) * wide },
    (_, i) => x[Math.floor(i / wide) * stride + from + (i % wide)],
  );
}

/** The same columns back in rows of `stride`, as [index, value]. */
function spread(x: Float64Array, stride: number, from: number, wide: number): [number, number][] {
  return Array.from(x, (value, i) => [Math.floor(i / wide) * stride + from + (i % wide), value]);
}

/** Pairs that see each other, in one head. */
function pairsOf({ T, S = T, causal, window = Infinity }: Kind): number {
  let pairs = 0;
  for (let row = 0; row < T; row++) {
    const position = row + S - T;
    const end = causal ? position + 1 : Math.min(S, position + window);
    pairs += end - Math.max(0, position + 1 - window);
  }
  return pairs;
}

export function attentionCase(name: string, kind: Kind): KernelCase {
  const { T, S = T, keyValueHeads: G = H, causal = false, window, softcap, bias } = kind;
  const fused = S === T;
  const keyOffset = fused ? C : 0;
  const valueOffset = keyOffset + G * D;
  const stride = { q: fused ? C + 2 * G * D : C, kv: valueOffset + G * D };
  const rows: KernelCase['inputs'] = fused
    ? { qkv: { shape: [1, T, stride.q] } }
    : { q: { shape: [1, T, stride.q] }, kv: { shape: [1, S, stride.kv] } };
  const biases: Readonly<Record<string, KernelCase['inputs']>> = {
    dense: { bias: { shape: [1, H, T, S] } },
    buckets: { table: { shape: [BUCKETS, H] } },
  };
  const flops = 4 * C * pairsOf(kind); // q kᵀ and p v
  const of = (g: Graph, x: Readonly<Record<string, Tensor>>): Tensor =>
    attention(g, {
      q: x[fused ? 'qkv' : 'q'],
      kv: x[fused ? 'qkv' : 'kv'],
      ...{ heads: H, keyValueHeads: G, width: D, keyOffset, causal },
      ...(window ? { window } : {}),
      ...(softcap ? { softcap } : {}),
      ...(bias === 'dense' ? { bias: denseBias(x['bias']) } : {}),
      ...(bias === 'buckets' ? { bias: bucketBias(x['table'], bucketOf) } : {}),
    });
  return {
    kernel: `attention, ${name}`,
    size: `T ${T}, ${fused ? '' : `S ${S}, `}H 12, ${G < H ? `G ${G}, ` : ''}D 64`,
    inputs: { ...rows, ...(bias ? biases[bias] : {}) },
    record: of,
    limit: 'flops',
    forward: flops,
    backward: 2.5 * flops, // q kᵀ again, dp, dv, dq, dk
    // The heads that share the last key head stand for all.
    expected(x, dy) {
      const heads = H / G;
      const [first, key] = [H - heads, G - 1];
      const [queries, keys] = fused ? [x['qkv'], x['qkv']] : [x['q'], x['kv']];
      const q = columns(queries, stride.q, first * D, heads * D);
      const k = columns(keys, stride.kv, keyOffset + key * D, D);
      const v = columns(keys, stride.kv, valueOffset + key * D, D);
      const at = (h: number, t: number, j: number): number =>
        bias === 'dense'
          ? ((first + h) * T + t) * S + j
          : bucketOf(Math.min(0, j - (t + S - T))) * H + first + h;
      const numbers = bias && x[bias === 'dense' ? 'bias' : 'table'];
      const added: Pairwise = (_, h, t, j) => numbers![at(h, t, j)];
      const sizes = {
        ...{ B: 1, T, S, heads, keyValueHeads: 1, D, causal },
        ...(window ? { window: { left: window - 1, right: causal ? 0 : window - 1 } } : {}),
        ...(softcap ? { softcap } : {}),
        ...(bias ? { bias: added } : {}),
      };
      const dbias = new Map<number, number>();
      const dx = attentionRefGrad(q, k, v, columns(dy, C, first * D, heads * D), sizes, (_, h, t, j, ds) => {
        if (bias) dbias.set(at(h, t, j), (dbias.get(at(h, t, j)) ?? 0) + ds);
      });
      const dq = spread(dx.q, stride.q, first * D, heads * D);
      const dkv = [
        ...spread(dx.k, stride.kv, keyOffset + key * D, D),
        ...spread(dx.v, stride.kv, valueOffset + key * D, D),
      ];
      return {
        y: new Map(spread(attentionRef(q, k, v, sizes), C, first * D, heads * D)),
        ...(fused ? { qkv: new Map([...dq, ...dkv]) } : { q: new Map(dq), kv: new Map(dkv) }),
        ...(bias === 'dense' ? { bias: dbias } : {}),
        ...(bias === 'buckets' ? { table: dbias } : {}),
      };
    },
  };
}

/** One query against keys that are there: memory is the limit. */
function decodeCase(S: number, G: number): KernelCase {
  const per = H / G;
  return {
    kernel: 'attention, decode',
    size: `T 1, S ${S}, H 12, ${G < H ? `G ${G}, ` : ''}D 64`,
    inputs: { q: { shape: [1, 1, C] }, k: { shape: [1, S, G * D] }, v: { shape: [1, S, G * D] } },
    record: (g, { q, k, v }) => decodeCrossAttention(g, q, k, v, { heads: H, keyValueHeads: G }),
    limit: 'bytes',
    forward: F32 * (2 * S * G * D + 2 * C),
    expected({ q, k, v }) {
      const sizes = { B: 1, T: 1, S, heads: per * G, keyValueHeads: G, D, causal: false };
      return { y: attentionRef(q, k, v, sizes) };
    },
  };
}

function linearAttentionCase(T: number): KernelCase {
  const sizes = { B: 1, T, S: T, heads: H, keyValueHeads: H, D, E: D, causal: true };
  // Two states of D·D a row, one to sum keys and values into and one to read; a step as a recurrence would take it.
  const flops = 4 * T * C * D;
  return {
    kernel: 'linear attention, causal',
    size: `T ${T}, H 12, D 64`,
    inputs: { qkv: { shape: [1, T, 3 * C] } },
    record: (g, { qkv }) => linearSelfAttention(g, qkv, { heads: H, causal: true }),
    limit: 'flops',
    forward: flops,
    backward: 3 * flops,
    expected({ qkv }) {
      const [q, k, v] = [0, C, 2 * C].map((from) => columns(qkv, 3 * C, from, C));
      return { y: linearAttentionRef(q, k, v, { ...sizes, feature: features.elu }) };
    },
  };
}

/** Gated DeltaNet's, with gates that suit keys of length √D as they come here. */
function gatedDeltaCase(T: number): KernelCase {
  const gates = { decay: -0.05, beta: 0.01 };
  const gate = (name: keyof typeof gates) => new Float32Array(T * H).fill(gates[name]);
  // A state of D·D a row and head: read for the correction, written, read.
  const flops = 6 * T * C * D;
  return {
    kernel: 'gated delta rule',
    size: `T ${T}, H 12, D 64`,
    inputs: { qkv: { shape: [1, T, 3 * C] } },
    record: (g, { qkv }) =>
      gatedLinearAttention(g, {
        ...{ q: qkv, k: qkv, v: qkv, keyOffset: C, valueOffset: 2 * C, heads: H, width: D },
        decay: g.constant('decay', [1, T, H], gate('decay')),
        beta: g.constant('beta', [1, T, H], gate('beta')),
      }),
    limit: 'flops',
    forward: flops,
    backward: 2 * flops,
    expected({ qkv }) {
      const [q, k, v] = [0, C, 2 * C].map((from) => columns(qkv, 3 * C, from, C));
      const x = { q, k, v, decay: Float64Array.from(gate('decay')), beta: Float64Array.from(gate('beta')) };
      const heads = { heads: H, keyHeads: H, valueHeads: H };
      return { y: gatedLinearAttentionRef(x, { B: 1, T, ...heads, D, E: D }).out };
    },
  };
}

export const attentionCases: readonly KernelCase[] = [
  attentionCase('causal', { T: 512, causal: true }),
  attentionCase('causal', { T: 1024, causal: true }),
  attentionCase('all pairs', { T: 512 }),
  attentionCase('cross', { T: 128, S: 1024 }),
  attentionCase('grouped heads', { T: 512, keyValueHeads: 4, causal: true }),
  attentionCase('window of 128', { T: 1024, causal: true, window: 128 }),
  attentionCase('soft-capped', { T: 512, causal: true, softcap: 30 }),
  attentionCase('dense bias', { T: 512, causal: true, bias: 'dense' }),
  attentionCase('T5 buckets', { T: 512, causal: true, bias: 'buckets' }),
  decodeCase(1024, 12),
  decodeCase(1024, 4),
  linearAttentionCase(1024),
  gatedDeltaCase(1024),
];
