import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectBroadcast } from '../lib/broadcast';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import multiplyWgsl from './multiply.wgsl';

const forward = defineKernel({ name: 'multiply.forward', wgsl: [multiplyWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'multiply.backward', wgsl: [multiplyWgsl, elementwiseWgsl] });

/**
 * y = a b, element by element. b has a's shape or its last axes, and repeats over the others. a (…) -> (…), in a's
 * storage. Throws `ShapeError` where b does not fit.
 */
export function multiply(g: Graph, a: Tensor, b: Tensor): Tensor {
  expectBroadcast(g.where('multiply'), a, b);
  const y = g.value('multiply', a.shape, a.dtype);
  product(g, forward, a, b, y, false);

  g.backward(y, () => {
    const dy = g.grad(y);
    const da = g.sink(a);
    if (da) product(g, backward, dy, b, da.tensor, da.add);
    const db = g.sink(b);
    if (!db) return;
    if (b.size === a.size) {
      product(g, backward, dy, a, db.tensor, db.add);
    } else {
      const terms = g.value('db terms', a.shape, 'f32');
      product(g, backward, dy, a, terms, false);
      columnSum(g, terms, db);
    }
  });
  return y;
}

function product(g: Graph, kernel: typeof forward, a: Tensor, b: Tensor, y: Tensor, add: boolean): void {
  const { constants, wide, n, grid } = elementwise(y, g.device.can, b.size);
  const types = { A: elementType(a.dtype, wide), B: elementType(b.dtype, wide) };
  g.dispatch(
    kernel,
    { a, b, y },
    {
      uniforms: { n, m: wide ? b.size / 4 : b.size },
      constants: { ...constants, ...types, BROADCAST: b.size < a.size, ADD: add },
      grid,
    },
  );
}
