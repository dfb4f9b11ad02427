import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectBroadcast } from '../lib/broadcast';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pairwise } from '../lib/pairwise';
import pairwiseWgsl from '../lib/pairwise.wgsl';
import combined from './combined.wgsl';

const forward = defineKernel({ name: 'multiply.forward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'multiply.backward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });

/**
 * y = a b, element by element. b has a's shape or its last axes, and repeats over the others. a (…) -> (…), in a's
 * storage. Throws `ShapeError` where b does not fit.
 */
export function multiply(g: Graph, a: Tensor, b: Tensor): Tensor {
  expectBroadcast(g.where('multiply'), a, b);
  const y = g.value('multiply', a.shape, a.dtype);
  pairwise(g, forward, a, b, { tensor: y, add: false });

  g.backward(y, () => {
    const dy = g.grad(y);
    const da = g.sink(a);
    if (da) pairwise(g, backward, dy, b, da);
    const db = g.sink(b);
    if (!db) return;
    if (b.size === a.size) {
      pairwise(g, backward, dy, a, db);
    } else {
      const terms = g.value('db terms', a.shape, 'f32');
      pairwise(g, backward, dy, a, { tensor: terms, add: false });
      columnSum(g, terms, db);
    }
  });
  return y;
}
