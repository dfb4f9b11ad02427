import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectBroadcast } from '../lib/broadcast';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pairwise } from '../lib/pairwise';
import pairwiseWgsl from '../lib/pairwise.wgsl';
import { accumulate } from '../scale/scale';
import combined from './combined.wgsl';

const forward = defineKernel({ name: 'subtract.forward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });

/**
 * y = a - b. b has a's shape or its last axes, and repeats over the others. a (…) -> (…), in a's storage. Throws
 * `ShapeError` where b does not fit.
 */
export function subtract(g: Graph, a: Tensor, b: Tensor): Tensor {
  expectBroadcast(g.where('subtract'), a, b);
  const y = g.value('subtract', a.shape, a.dtype);
  pairwise(g, forward, a, b, { tensor: y, add: false });

  g.backward(y, () => {
    const dy = g.grad(y);
    const da = g.sink(a);
    if (da) accumulate(g, dy, da);
    const db = g.sink(b);
    if (!db) return;
    if (b.size === a.size) {
      accumulate(g, dy, db, -1);
    } else {
      const sums = g.value('sums', b.shape, 'f32');
      columnSum(g, dy, { tensor: sums, add: false });
      accumulate(g, sums, db, -1);
    }
  });
  return y;
}
