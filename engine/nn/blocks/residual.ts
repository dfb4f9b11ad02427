import type { Graph } from '../../graph/graph';
import { expectShape, type Tensor } from '../../graph/tensor';
import { add } from '../../shaders/add/add';
import { dropout } from '../../shaders/dropout/dropout';
import type { Linear } from '../linear';

/**
 * residual + dropout(linear(x)), the end of a sublayer. Without dropout the sum is part of the matmul; without a residual
 * there is none.
 */
export function addTo(g: Graph, residual: Tensor | null, linear: Linear, x: Tensor, p: number): Tensor {
  if (!g.drops || p === 0) return linear.forward(g, x, residual ? { residual } : {});
  const y = dropout(g, linear.forward(g, x), p);
  if (!residual) return y;
  expectShape(g.where('residual'), residual, y.shape);
  return add(g, residual, y);
}
