import { KernelError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';

/** Throws `KernelError` where an op without a backward pass is asked for a gradient. */
export function expectNoGradient(g: Graph, where: string, x: Tensor, todo = ''): void {
  if (!g.differentiable(x)) return;
  throw new KernelError(where, `${x.name} wants a gradient, and this op has none`, todo);
}
