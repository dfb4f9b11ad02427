import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import scaleWgsl from './scale.wgsl';

const forward = defineKernel({ name: 'scale.forward', wgsl: [scaleWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'scale.backward', wgsl: [scaleWgsl, elementwiseWgsl] });

/** y = factor x, with a fixed factor. x (…) -> (…). */
export function scale(g: Graph, x: Tensor, factor: number): Tensor {
  const y = g.value('scale', x.shape, x.dtype);
  const { constants, n, grid } = elementwise(x, g.device.can);
  const chosen = { ...constants, S: constants['T'] };
  g.dispatch(forward, { x, y }, { uniforms: { n, factor }, constants: chosen, grid });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) accumulate(g, g.grad(y), dx, factor);
  });
  return y;
}

/** Backward of what passes its gradient on: stores or adds `factor` times `dy` into the sink, of the same size. */
export function accumulate(g: Graph, dy: Tensor, sink: Sink, factor = 1): void {
  const { constants, wide, n, grid } = elementwise(sink.tensor, g.device.can);
  g.dispatch(
    backward,
    { x: dy, y: sink.tensor },
    {
      uniforms: { n, factor },
      constants: { ...constants, S: elementType(dy.dtype, wide), ADD: sink.add },
      grid,
    },
  );
}
