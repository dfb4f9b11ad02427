import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import { prepare, type LinearAttentionOptions } from './call';
import divideWgsl from './divide.wgsl';
import keysWgsl from './keys.wgsl';
import queriesWgsl from './queries.wgsl';
import recurrentWgsl from './recurrent.wgsl';
import sizesWgsl from './sizes.wgsl';

const recurrent = defineKernel({
  name: 'linear_attention.recurrent',
  wgsl: [sizesWgsl, queriesWgsl, keysWgsl, recurrentWgsl, step],
});
const divide = defineKernel({ name: 'linear_attention.divide', wgsl: [divideWgsl] });
const LANES = 64;

/**
 * Causal linear attention a few rows at a time, for decoding: `state` holds Σ φ(k) vᵀ and Σ φ(k) of all rows before, so
 * that a step costs the same wherever it stands. `state` is (B, G, D, E + 1) f32, a stored parameter; a run at
 * `position` 0 starts it anew, for all sequences: count from the shortest prompt where they are unequal. q, k and v hold
 * the T new rows, T = 1 as a rule; `lengths` says how many of them are real. Result (B, T, H·E). For inference: it has no backward. Throws `ShapeError`.
 */
export function linearAttentionStep(
  g: Graph,
  {
    state,
    ...x
  }: { q: Tensor; k: Tensor; v: Tensor; state: Tensor } & Omit<LinearAttentionOptions, 'causal'>,
): Tensor {
  const where = g.where('linearAttentionStep');
  const { call } = prepare(g, where, { ...x, causal: true });
  const { q, k, v, lengths, B, T, heads, keyValueHeads, width, valueWidth } = call;
  expectShape(where, state, [B, keyValueHeads, width, valueWidth + 1]);
  expectDType(where, state, 'f32');
  const columns = valueWidth + 1;
  const sums = g.value('linear attention sums', [B, T, heads, columns], 'f32');
  const unused = { x: width, stride: columns, chunk: T, chunks: 1, owner_heads: keyValueHeads, streams: 1 };
  g.dispatch(
    recurrent,
    { q, k, v, lengths, state, sums },
    {
      uniforms: { ...call.sizes, ...unused, y: columns, direction: 0 },
      constants: {
        LANES,
        Q: elementType(q.dtype, false),
        K: elementType(k.dtype, false),
        V: elementType(v.dtype, false),
      },
      grid: [Math.ceil(columns / LANES), B * keyValueHeads],
      flops: 2 * B * T * (heads + keyValueHeads) * width * columns,
    },
  );
  const out = g.value('linear attention', [B, T, heads * valueWidth], q.dtype);
  g.dispatch(
    divide,
    { sums, out },
    {
      uniforms: { n: out.size, width: valueWidth, epsilon: call.sizes['epsilon'] },
      constants: { LANES, Y: elementType(out.dtype, false) },
      grid: linearGrid(Math.ceil(out.size / LANES)),
    },
  );
  return out;
}
