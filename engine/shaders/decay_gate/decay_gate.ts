import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { elementType } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { accumulate } from '../scale/scale';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';
import softplus from './softplus.wgsl';

const forward = defineKernel({ name: 'decay_gate.forward', wgsl: [softplus, forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({
  name: 'decay_gate.backward',
  wgsl: [softplus, backwardWgsl, elementwiseWgsl],
});
const LANES = 64;

/**
 * The `decay` of `gatedLinearAttention` as Mamba-2 and Gated DeltaNet make it: y = -e^rate · softplus(x + bias), the logarithm of what a
 * row leaves of a head's state, never above 0. x (…, N); rate (A_log) and bias (dt_bias) (N) -> (…, N) f32. Throws `ShapeError`.
 */
export function decayGate(
  g: Graph,
  x: Tensor,
  { rate, bias }: { readonly rate: Tensor; readonly bias: Tensor },
): Tensor {
  const where = g.where('decayGate');
  const heads = x.shape.at(-1) ?? 1;
  for (const t of [x, rate, bias]) expectDType(where, t, 'f32', 'f16');
  for (const t of [rate, bias]) expectShape(where, t, [heads]);
  const type = (t: Tensor) => elementType(t.dtype, false);
  const y = g.value('log decay', x.shape, 'f32');
  const gates = { x, rates: rate, biases: bias };
  const each = {
    uniforms: { n: x.size, heads },
    constants: { LANES, PER: 1, T: type(x), R: type(rate), B: type(bias) },
    grid: linearGrid(Math.ceil(x.size / LANES)),
  };
  g.dispatch(forward, { ...gates, y }, each);

  g.backward(y, () => {
    const sinks = { x: g.sink(x), rate: g.sink(rate), bias: g.sink(bias) };
    if (!sinks.x && !sinks.rate && !sinks.bias) return;
    const dx = g.value('d gate', x.shape, 'f32');
    const drates = g.value('d rate terms', x.shape, 'f32');
    g.dispatch(backward, { ...gates, dy: g.grad(y), dx, drates }, each);
    if (sinks.x) accumulate(g, dx, sinks.x);
    if (sinks.rate) columnSum(g, drates, sinks.rate);
    if (sinks.bias) columnSum(g, dx, sinks.bias);
  });
  return y;
}
