import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import stepWgsl from '../../graph/step.wgsl';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { nextStream } from '../lib/random';
import randomWgsl from '../lib/random.wgsl';
import dropoutWgsl from './dropout.wgsl';
import scalarWgsl from './scalar.wgsl';
import vectorWgsl from './vector.wgsl';

function family(name: string): { scalar: Kernel; vector: Kernel } {
  return {
    scalar: defineKernel({ name, wgsl: [stepWgsl, randomWgsl, scalarWgsl, dropoutWgsl, elementwiseWgsl] }),
    vector: defineKernel({ name, wgsl: [stepWgsl, randomWgsl, vectorWgsl, dropoutWgsl, elementwiseWgsl] }),
  };
}

const forward = family('dropout.forward');
const backward = family('dropout.backward');

/**
 * Zeroes each number with probability p and divides the others by 1 - p, when training; x itself when p is 0 or the
 * graph does not train. The mask follows from the run's `seed` and `index`, this op's place among the graph's random
 * ops, and the number's place in x: replays repeat it, on every device, and backward draws it again.
 * x (…) -> (…). Srivastava et al. 2014. Throws `ShapeError` for p outside [0, 1).
 */
export function dropout(g: Graph, x: Tensor, p: number): Tensor {
  if (!(p >= 0 && p < 1)) {
    throw new ShapeError(g.where('dropout'), `p is ${p}`, 'A probability of dropping must be in [0, 1).');
  }
  if (p === 0 || !g.drops) return x;
  const stream = nextStream(g);
  const y = g.value('dropout', x.shape, x.dtype);
  const pass = (kernels: typeof forward, from: Tensor, to: Tensor, add: boolean): void => {
    const { constants, wide, n, grid } = elementwise(to, g.device.can);
    const { LANES, PER, T } = constants;
    g.dispatch(
      kernels[wide ? 'vector' : 'scalar'],
      { x: from, y: to },
      {
        uniforms: { n, stream, threshold: Math.floor(p * 2 ** 32), kept: 1 / (1 - p) },
        constants: { LANES, PER, T: T, S: elementType(from.dtype, wide), ADD: add },
        grid,
      },
    );
  };
  pass(forward, x, y, false);

  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) pass(backward, g.grad(y), dx.tensor, dx.add);
  });
  return y;
}
