import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Kernel } from '../../runtime/kernel';
import { columnSum } from '../column_sum/column_sum';
import { expectBroadcast } from './broadcast';
import { elementType, elementwise } from './elementwise';

/** A kernel of pairwise.wgsl for every element of a, with b repeating over them; `to` has as many as a. */
export function pairwise(g: Graph, kernel: Kernel, a: Tensor, b: Tensor, to: Sink): void {
  const { tensor: y, add } = to;
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

/** The kernels of an op of a and b whose gradient of a is `backward` of dy and b. */
export interface PairKernels {
  readonly forward: Kernel;
  readonly backward: Kernel;
}

/**
 * y of a (…) and b, which has a's shape or its last axes. `second` writes what each element of a adds to the gradient of its b: all
 * of it, or terms that are then added up. Throws `ShapeError` where b does not fit.
 */
export function pairOp(
  g: Graph,
  op: string,
  { forward, backward }: PairKernels,
  [a, b]: readonly [a: Tensor, b: Tensor],
  second: (dy: Tensor, to: Sink) => void,
): Tensor {
  expectBroadcast(g.where(op), a, b);
  const y = g.value(op, a.shape, a.dtype);
  pairwise(g, forward, a, b, { tensor: y, add: false });

  g.backward(y, () => {
    const dy = g.grad(y);
    const da = g.sink(a);
    if (da) pairwise(g, backward, dy, b, da);
    const db = g.sink(b);
    if (!db) return;
    if (b.size === a.size) {
      second(dy, db);
    } else {
      const terms = g.value('db terms', a.shape, 'f32');
      second(dy, { tensor: terms, add: false });
      columnSum(g, terms, db);
    }
  });
  return y;
}
