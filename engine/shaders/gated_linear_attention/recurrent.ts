import type { Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import type { Shader } from '../../runtime/shader';
import { expectCounts } from '../lib/counts';
import { elementType } from '../lib/elementwise';
import { prepare, type GatedLinearAttentionOptions } from './call';
import logGate from './log_gate.wgsl';
import logGateNone from './log_gate_none.wgsl';
import rateWgsl from './rate.wgsl';
import rateNone from './rate_none.wgsl';
import recurrentWgsl from './recurrent.wgsl';

/*#__NO_SIDE_EFFECTS__*/
const define = (gates: string, ...wgsl: Shader[]): Kernel =>
  defineKernel({ name: `gated_linear_attention.recurrent${gates}`, wgsl: [recurrentWgsl, ...wgsl, step] });
const kernels = {
  plain: define('', logGateNone, rateNone),
  faded: define('_faded', logGate, rateNone),
  delta: define('_delta', logGateNone, rateWgsl),
  both: define('_gated_delta', logGate, rateWgsl),
};
const LANES = 64;

/**
 * `gatedLinearAttention` a few rows at a time, for decoding: a step costs the same wherever it stands. `state` is
 * (B, N, D, E) f32, a stored parameter; a run at `position` 0 starts it anew, for all sequences. q, k and v hold the T new
 * rows, T = 1 as a rule; `lengths`, u32 (B), says how many of them are real (default all): others change no state, and their
 * results mean nothing. Result (B, T, max(H, N)·E). For inference: it has no backward. Throws `ShapeError`.
 */
export function gatedLinearAttentionStep(
  g: Graph,
  {
    state,
    lengths: given,
    ...x
  }: { q: Tensor; k: Tensor; v: Tensor; state: Tensor; lengths?: Tensor } & GatedLinearAttentionOptions,
): Tensor {
  const where = g.where('gatedLinearAttentionStep');
  const { q, k, v, decay, beta, B, T, ...z } = prepare(where, x);
  expectShape(where, state, [B, z.states, z.width, z.valueWidth]);
  expectDType(where, state, 'f32');
  const lengths = given ?? g.constant('every row', [B], new Uint32Array(B).fill(T));
  expectCounts(g, where, lengths, { sequences: B, most: T });
  const out = g.value('gated linear attention', [B, T, z.outs * z.valueWidth], q.tensor.dtype);
  const type = (tensor: Tensor) => elementType(tensor.dtype, false);
  g.dispatch(
    kernels[decay ? (beta ? 'both' : 'faded') : beta ? 'delta' : 'plain'],
    {
      ...{ q: q.tensor, k: k.tensor, v: v.tensor, lengths, state, out },
      ...(decay && { decay }),
      ...(beta && { beta }),
    },
    {
      uniforms: {
        ...{ t: T, states: z.states, heads: z.heads, key_heads: z.keyHeads, shares: z.outs / z.states },
        ...{ width: z.width, value_width: z.valueWidth, scale: z.scale },
        ...{
          q_stride: q.tensor.shape[2],
          q_offset: q.offset,
          k_stride: k.tensor.shape[2],
          k_offset: k.offset,
        },
        ...{ v_stride: v.tensor.shape[2], v_offset: v.offset },
      },
      constants: {
        ...{ LANES, DELTA: beta !== null },
        ...{ Q: type(q.tensor), K: type(k.tensor), V: type(v.tensor), Y: type(out) },
        ...(decay && { G: type(decay), BY_NUMBER: z.each }),
        ...(beta && { R: type(beta) }),
      },
      grid: [Math.ceil(z.valueWidth / LANES), B * z.states],
      flops: 2 * B * T * (z.outs + z.states * (beta ? 2 : 1)) * z.width * z.valueWidth,
    },
  );
  return out;
}
