import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pairOp } from '../lib/pairwise';
import pairwiseWgsl from '../lib/pairwise.wgsl';
import combined from './combined.wgsl';
import divisorWgsl from './divisor.wgsl';

const forward = defineKernel({ name: 'divide.forward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'divide.backward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });
const divisor = defineKernel({ name: 'divide.backward_divisor', wgsl: [divisorWgsl, elementwiseWgsl] });

/**
 * y = a / b, element by element. b has a's shape or its last axes, and repeats over the others. a (…) -> (…), in a's
 * storage. Where b is 0, y is ±∞, or NaN where a is 0, too. Throws `ShapeError` where b does not fit.
 */
export function divide(g: Graph, a: Tensor, b: Tensor): Tensor {
  return pairOp(g, 'divide', { forward, backward }, [a, b], (dy, to) => divisorGradient(g, a, b, dy, to));
}

/** What each element of a adds to the gradient of the number that divided it. */
function divisorGradient(g: Graph, a: Tensor, b: Tensor, dy: Tensor, { tensor: db, add }: Sink): void {
  const { constants, wide, n, grid } = elementwise(db, g.device.can, b.size);
  const types = {
    A: elementType(a.dtype, wide),
    B: elementType(b.dtype, wide),
    S: elementType(dy.dtype, wide),
  };
  g.dispatch(
    divisor,
    { a, b, dy, db },
    {
      uniforms: { n, m: wide ? b.size / 4 : b.size },
      constants: { ...constants, ...types, BROADCAST: b.size < a.size, ADD: add },
      grid,
    },
  );
}
