import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pairOp, pairwise } from '../lib/pairwise';
import pairwiseWgsl from '../lib/pairwise.wgsl';
import combined from './combined.wgsl';

const forward = defineKernel({ name: 'multiply.forward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'multiply.backward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });

/**
 * y = a b, element by element. b has a's shape or its last axes, and repeats over the others. a (…) -> (…), in a's
 * storage. Throws `ShapeError` where b does not fit.
 */
export function multiply(g: Graph, a: Tensor, b: Tensor): Tensor {
  return pairOp(g, 'multiply', { forward, backward }, [a, b], (dy, to) => pairwise(g, backward, dy, a, to));
}
