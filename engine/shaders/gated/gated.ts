import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { ACTIVATION, expectActivation, type Activation } from '../activation/activation';
import functions from '../lib/activation.wgsl';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const forward = defineKernel({ name: 'gated.forward', wgsl: [functions, forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'gated.backward', wgsl: [functions, backwardWgsl, elementwiseWgsl] });

/**
 * f(gate) up, the last axis of x being gate, then up: SwiGLU with 'silu', GEGLU with 'gelu', ReGLU with 'relu'.
 * x (…, 2W) -> (…, W). Shazeer 2020. Throws `ShapeError` for an odd last axis.
 */
export function gated(g: Graph, x: Tensor, kind: Activation): Tensor {
  expectActivation(g.where('gated'), kind);
  const both = x.shape.at(-1) ?? 1;
  if (both % 2 !== 0) {
    const what = `${x.name} is ${formatShape(x.shape)}`;
    throw new ShapeError(g.where('gated'), what, 'Its last axis holds gate and up, so it must be even.');
  }
  const width = both / 2;
  const y = g.value('gated', [...x.shape.slice(0, -1), width], x.dtype);
  const { constants, wide, n, grid } = elementwise(y, g.device.can, width);
  const uniforms = { n, w: wide ? width / 4 : width };
  const chosen = { ...constants, ACTIVATION: ACTIVATION[kind] };
  g.dispatch(forward, { x, y }, { uniforms, constants: chosen, grid });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const D = elementType(dx.tensor.dtype, wide);
    g.dispatch(
      backward,
      { x, dy: g.grad(y), dx: dx.tensor },
      { uniforms, constants: { ...chosen, D, ADD: dx.add }, grid },
    );
  });
  return y;
}
