import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { reduction, type ReductionOptions } from '../lib/reduction';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftwareWgsl from './forward_software.wgsl';

const forward = defineKernel({ name: 'sum.forward', wgsl: [forwardWgsl] });
const forwardSoftware = defineKernel({ name: 'sum.forward_software', wgsl: [forwardSoftwareWgsl] });
const backward = defineKernel({ name: 'sum.backward', wgsl: [backwardWgsl, elementwiseWgsl] });

/** Shape and storage of what `sum` and `mean` give. */
export interface SumOptions extends ReductionOptions {
  /** Storage of the result; default x's. Sums are taken in f32 in any case, and f16 ends at 65,504. */
  readonly dtype?: 'f32' | 'f16';
}

/**
 * y = Σ x over one axis, of any place, or over all without one; -1 is the last. x (…, N, …) -> (…, …), or (…, 1, …) with
 * `keepdim`. Throws `ShapeError` for an axis that x has not.
 */
export function sum(g: Graph, x: Tensor, axis?: number, options: SumOptions = {}): Tensor {
  return reduce(g, 'sum', x, axis, options);
}

/** The mean over one axis, or over all: as `sum`, divided by N. */
export function mean(g: Graph, x: Tensor, axis?: number, options: SumOptions = {}): Tensor {
  return reduce(g, 'mean', x, axis, options);
}

function reduce(
  g: Graph,
  op: 'sum' | 'mean',
  x: Tensor,
  axis: number | undefined,
  options: SumOptions,
): Tensor {
  const { uniforms, constants, grid, shape } = reduction(g, op, x, axis, options, { dtype: 0 });
  const { n, size, inner } = uniforms;
  const y = g.value(op, shape, options.dtype ?? x.dtype);
  const factor = op === 'sum' ? 1 : 1 / size;
  const { software } = g.device.can;
  const wide = software && inner % 4 === 0;
  const per = wide ? 4 : 1;
  g.dispatch(
    software ? forwardSoftware : forward,
    { x, y },
    {
      uniforms: { n: n / per, size, inner: inner / per, factor },
      constants: {
        ...constants,
        T: elementType(x.dtype, wide),
        D: elementType(y.dtype, wide),
        ...(software && { F: elementType('f32', wide) }),
      },
      grid,
    },
  );

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const map = elementwise(dx.tensor, g.device.can, inner === 1 ? size : inner);
    const vectors = map.wide && inner > 1;
    const unit = map.wide ? 4 : 1;
    g.dispatch(
      backward,
      { dy, dx: dx.tensor },
      {
        uniforms: { n: map.n, span: (size * inner) / unit, inner: vectors ? inner / 4 : inner, factor },
        constants: {
          ...map.constants,
          S: elementType(dy.dtype, vectors),
          P: elementType('f32', vectors),
          ADD: dx.add,
        },
        grid: map.grid,
      },
    );
  });
  return y;
}
