import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { reduction, type ReductionOptions } from '../lib/reduction';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftwareWgsl from './forward_software.wgsl';
import keyWgsl from './key.wgsl';
import mostWgsl from './most.wgsl';

const forward = defineKernel({ name: 'max.forward', wgsl: [keyWgsl, forwardWgsl, mostWgsl] });
const forwardSoftware = defineKernel({ name: 'max.forward_software', wgsl: [keyWgsl, forwardSoftwareWgsl] });
const backward = defineKernel({ name: 'max.backward', wgsl: [backwardWgsl, elementwiseWgsl] });

/**
 * The largest number along one axis, of any place, or of all without one; -1 is the last. x (…, N, …) -> (…, …), or
 * (…, 1, …) with `keepdim`, in x's storage. NaN is larger than everything. Of equal numbers, the first gets the whole
 * gradient, as of `torch.max(x, dim)`; `torch.amax` would share it out. Throws `ShapeError` for an axis that x has not.
 */
export function max(g: Graph, x: Tensor, axis?: number, options: ReductionOptions = {}): Tensor {
  const { y, at, size, inner } = largest(g, 'max', x, axis, options);
  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const { constants, n, grid } = elementwise(dx.tensor, g.device.can, 1);
    const { T, LANES, PER } = constants;
    g.dispatch(
      backward,
      { dy, at, dx: dx.tensor },
      {
        uniforms: { n, size, inner },
        constants: { LANES, PER, T: T, S: elementType(dy.dtype, false), ADD: dx.add },
        grid,
      },
    );
  });
  return y;
}

/**
 * The place of the largest number along one axis, from 0, or in x's order without one: the first of equal ones, and the
 * first NaN where there is one. x (…, N, …) -> (…, …) u32, or (…, 1, …) with `keepdim`. It has no gradient. Throws
 * `ShapeError` for an axis that x has not.
 */
export function argmax(g: Graph, x: Tensor, axis?: number, options: ReductionOptions = {}): Tensor {
  return largest(g, 'argmax', x, axis, options).at;
}

function largest(
  g: Graph,
  op: string,
  x: Tensor,
  axis: number | undefined,
  options: ReductionOptions,
): { y: Tensor; at: Tensor; size: number; inner: number } {
  const { uniforms, constants, grid, shape } = reduction(g, op, x, axis, options);
  const y = g.value(op, shape, x.dtype);
  const at = g.value('places', shape, 'u32');
  g.dispatch(
    g.device.can.software ? forwardSoftware : forward,
    { x, y, at },
    { uniforms, constants: { ...constants, T: elementType(x.dtype, false) }, grid },
  );
  return { y, at, size: uniforms.size, inner: uniforms.inner };
}
