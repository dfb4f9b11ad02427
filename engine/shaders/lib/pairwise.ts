import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Kernel } from '../../runtime/kernel';
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
