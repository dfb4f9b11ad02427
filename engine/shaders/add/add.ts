import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectBroadcast } from '../lib/broadcast';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { pairwise } from '../lib/pairwise';
import pairwiseWgsl from '../lib/pairwise.wgsl';
import { accumulate } from '../scale/scale';
import backwardWgsl from './backward.wgsl';
import combined from './combined.wgsl';

const forward = defineKernel({ name: 'add.forward', wgsl: [combined, pairwiseWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'add.backward', wgsl: [backwardWgsl, elementwiseWgsl] });

/**
 * y = a + b: residual connections, biases, positions. b has a's shape or its last axes, and repeats over the others.
 * a (…) -> (…), in a's storage. Throws `ShapeError` where b does not fit.
 */
export function add(g: Graph, a: Tensor, b: Tensor): Tensor {
  expectBroadcast(g.where('add'), a, b);
  const y = g.value('add', a.shape, a.dtype);
  pairwise(g, forward, a, b, { tensor: y, add: false });

  g.backward(y, () => {
    const dy = g.grad(y);
    const da = g.sink(a);
    const db = g.sink(b);
    if (da && db && b.size === a.size && a.root !== b.root) {
      const map = elementwise(da.tensor, g.device.can);
      const { LANES, PER, F } = map.constants;
      const types = {
        S: elementType(dy.dtype, map.wide),
        A: elementType(da.tensor.dtype, map.wide),
        B: elementType(db.tensor.dtype, map.wide),
      };
      g.dispatch(
        backward,
        { dy, da: da.tensor, db: db.tensor },
        {
          uniforms: { n: map.n },
          constants: { LANES, PER, F: F, ...types, ADD_A: da.add, ADD_B: db.add },
          grid: map.grid,
        },
      );
      return;
    }
    if (da) accumulate(g, dy, da);
    if (db) columnSum(g, dy, db);
  });
  return y;
}
