import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { gradientSinks, type Range } from '../linear_attention/layout';
import { prepare, type Call, type GatedLinearAttentionOptions } from './call';
import { Chunks, type Matrices } from './chunks';
import { walk, walkBack, type Correction } from './walk';

export type { GatedLinearAttentionOptions } from './call';

/**
 * Causal linear attention without a denominator, with gates and the delta rule, forward and backward by chunks, in time and
 * memory linear in T. A state S (D, E) of each value head goes through the rows:
 *
 *   S = diag(exp(decay_t)) S;  S = S + k_t (β_t (v_t - Sᵀ k_t))ᵀ, or S + k_t v_tᵀ without β;  out_t = scale · Sᵀ q_t
 *
 * Without gates it is linear attention as in Katharopoulos et al. 2020, with identity for φ and no denominator; with decays
 * RetNet (Sun et al. 2023), Mamba-2 (Dao & Gu 2024) and GLA (Yang et al. 2023); with β DeltaNet (Schlag et al. 2021; Yang et
 * al. 2024); with both Gated DeltaNet (Yang et al. 2024b), Qwen3-Next's. It is ONNX's `LinearAttention`. Keys of the delta rule should have
 * length 1, or the state grows without bound.
 *
 * `q` (B, T, ·) holds H heads of D numbers from its column on, `k` the key heads, `v` N heads of E; they may be one fused
 * tensor. Result (B, T, max(H, N)·E). Sums are f32. Padding after a sequence changes nothing before it.
 *
 * @throws ShapeError if heads, widths, offsets or gates do not fit, or if gradients are wanted for a tensor that has other
 * columns.
 */
export function gatedLinearAttention(
  g: Graph,
  x: { q: Tensor; k: Tensor; v: Tensor } & GatedLinearAttentionOptions,
): Tensor {
  const where = g.where('gatedLinearAttention');
  const call = prepare(where, x);
  const { q, k, v, decay, beta, B, T, states: N, outs, heads, keyHeads, width, valueWidth } = call;
  const out = g.value('gated linear attention', [B, T, outs * valueWidth], q.tensor.dtype);
  const c = new Chunks(g, call);
  const forward = operands(c, call);
  const { states, written } = walk(g, c, forward.values(), forward.writes, forward.correction);
  const near = c.near(forward.query, forward.key);
  const packed = c.times(near, written);
  c.times(forward.reads, states, 'NN', packed);
  c.unpack(packed, { tensor: out, add: false }, { heads: outs, width: valueWidth, shares: c.shares });

  g.backward(out, () => {
    const whole = (tensor: Tensor): Range => ({ tensor, offset: 0, columns: tensor.shape[2] });
    const ranges: Record<string, Range> = { queries: q, keys: k, values: v };
    if (decay) ranges['decay'] = whole(decay);
    if (beta) ranges['beta'] = whole(beta);
    const sinks = gradientSinks(g, where, ranges);
    if (!sinks) return;
    const dout = c.pack(whole(g.grad(out)), { heads: outs, width: valueWidth, shares: c.shares });
    // Packed again: they need not live until here.
    const { query, key, reads, writes, correction, ratedKey } = operands(c, call);
    const gradients = c.times(c.near(query, key), dout, 'TN');
    const carried = walkBack(g, c, gradients, c.times(reads, dout, 'TN'), writes, correction);
    if (sinks['values']) {
      c.unpack(gradients, sinks['values'], { heads: N, width: valueWidth, rated: true, offset: v.offset });
    }
    if (!sinks['queries'] && !sinks['keys'] && !sinks['decay'] && !sinks['beta']) return;

    const dnear = c.times(dout, written, 'NT');
    c.mask(dnear, {});
    const dquery = c.times(dout, states, 'NT');
    c.fade(dquery, 'since');
    c.spread(dnear, key, dquery);
    if (sinks['queries']) {
      const { shares } = c;
      c.unpack(dquery, sinks['queries'], { heads, width, shares, scale: call.scale, offset: q.offset });
    }
    if (!sinks['keys'] && !sinks['decay'] && !sinks['beta']) return;

    const later = c.times(written, carried, 'NT');
    c.fade(later, 'until');
    c.spread(dnear, query, later, true);
    let before: Matrices | null = null;
    if (correction) {
      const dcorrection = c.times(gradients, written, 'NT');
      c.mask(dcorrection, { strict: true, scale: -1 });
      before = c.times(gradients, states, 'NT');
      c.fade(before, 'since', -1);
      c.spread(dcorrection, key, before);
      c.spread(dcorrection, ratedKey(), later, true);
      if (sinks['beta']) c.rateGradient(sinks['beta'], { gradients, key, before });
    }
    if (sinks['decay']) {
      c.decayGradient(sinks['decay'], { query, dquery, key, later, before, states, carried });
    }
    if (!sinks['keys']) return;
    if (before) c.keyTotal(later, before);
    c.unpack(later, sinks['keys'], { heads: keyHeads, width, offset: k.offset });
  });
  return out;
}

interface Operands {
  /** Queries times the scale, and the same as the state at the chunk's beginning is read with. */
  readonly query: Matrices;
  readonly reads: Matrices;
  readonly key: Matrices;
  /** Keys as they write into the state at the chunk's end. */
  readonly writes: Matrices;
  readonly correction: Correction | null;
  readonly values: () => Matrices;
  /** Keys times β. */
  readonly ratedKey: () => Matrices;
}

/** Packed queries and keys; without decays all of them are the plain ones. */
function operands(
  c: Chunks,
  { q, k, v, beta, heads, keyHeads, states, width, valueWidth, scale }: Call,
): Operands {
  const { shares } = c;
  const faded = c.sums !== null;
  const query = c.pack(q, { heads, width, shares, scale });
  const key = c.pack(k, { heads: keyHeads, width });
  const ratedKey = (fade: 'not' | 'since' = 'not') =>
    c.pack(k, { heads: keyHeads, width, fade, rated: true });
  return {
    query,
    reads: faded ? c.pack(q, { heads, width, shares, scale, fade: 'since' }) : query,
    key,
    writes: faded ? c.pack(k, { heads: keyHeads, width, fade: 'until' }) : key,
    correction: beta && { reads: ratedKey('since'), near: c.near(key, key, { strict: true, rated: true }) },
    values: () => c.pack(v, { heads: states, width: valueWidth, rated: true }),
    ratedKey,
  };
}
