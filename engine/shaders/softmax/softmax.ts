import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, formatShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import { elementType } from '../lib/elementwise';
import { leastOf } from '../lib/hidden';
import hidden from '../lib/hidden.wgsl';
import reduce from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import scalar from '../lib/scalar.wgsl';
import vector from '../lib/vector.wgsl';
import backwardWgsl from './backward.wgsl';
import backwardSoftware from './backward_software.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftware from './forward_software.wgsl';
import forwardSoftwareWide from './forward_software_wide.wgsl';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const gpu = {
  forward: defineKernel({ name: 'softmax.forward', wgsl: [forwardWgsl, hidden, reductions] }),
  backward: defineKernel({ name: 'softmax.backward', wgsl: [backwardWgsl, reductions] }),
};
const software = {
  forward: defineKernel({ name: 'softmax.forward_software', wgsl: [forwardSoftware, hidden] }),
  forwardWide: defineKernel({
    name: 'softmax.forward_software_wide',
    wgsl: [forwardSoftwareWide, hidden],
  }),
  backward: defineKernel({ name: 'softmax.backward_software', wgsl: [scalar, backwardSoftware] }),
  backwardWide: defineKernel({ name: 'softmax.backward_software_wide', wgsl: [vector, backwardSoftware] }),
};
const SOFTWARE_LANES = 16;

/** Which entries of a row take part in `softmax`, and its temperature. */
export interface SoftmaxOptions {
  /** Which entries take part, u32, 0 for no: of x's shape or of its last axes, repeating over the others. */
  readonly mask?: Tensor;
  /** How many entries of a row take part, u32: of x's leading axes, each number serving all rows below it. */
  readonly lengths?: Tensor;
  /** Factor on x before the exponential: 1/temperature. Default 1. */
  readonly scale?: number;
}

/**
 * y = exp(scale x - m) / Σ over the last axis, m being the largest: x (…, C) -> (…, C), without overflow.
 * Entries that are -∞ or the lowest number of x's type take no part either, as additive masks have them; NaN makes its
 * whole row NaN. A row of which nothing takes part gives zeros and no gradient. Throws `ShapeError` where masks do not fit.
 */
export function softmax(g: Graph, x: Tensor, options: SoftmaxOptions = {}): Tensor {
  const { mask, lengths, scale = 1 } = options;
  const where = g.where('softmax');
  expectOptions(where, options, { mask, lengths, scale });
  const [n, c] = rows(x);
  if (mask) expectFit(where, mask, x, x.shape.slice(x.shape.length - mask.shape.length));
  if (lengths)
    expectFit(where, lengths, x, x.shape.slice(0, Math.min(lengths.shape.length, x.shape.length - 1)));
  const onCpu = g.device.can.software;
  const wide = onCpu && c % 4 === 0;
  const kernels = onCpu ? software : gpu;
  const grid = linearGrid(onCpu ? Math.ceil(n / SOFTWARE_LANES) : n);
  const y = g.value('softmax', x.shape, x.dtype);
  if (wide && !mask && !lengths) {
    g.dispatch(
      software.forwardWide,
      { x, y },
      {
        uniforms: { n, quads: c / 4, scale },
        constants: { T: elementType(x.dtype, true), LEAST: leastOf(x) },
        grid,
      },
    );
  } else {
    const every = lengths ?? g.constant('every entry', [1], Uint32Array.of(c));
    g.dispatch(
      kernels.forward,
      { x, mask: mask ?? every, lengths: every, y },
      {
        uniforms: { n, c, mask_rows: mask ? mask.size / c : 1, span: n / every.size, scale },
        constants: { T: elementType(x.dtype, false), LEAST: leastOf(x), MASK: mask !== undefined },
        grid,
      },
    );
  }

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    g.dispatch(
      wide ? software.backwardWide : kernels.backward,
      { y, dy, dx: dx.tensor },
      {
        uniforms: { n, c: wide ? c / 4 : c, scale },
        constants: {
          T: elementType(y.dtype, wide),
          D: elementType(dy.dtype, wide),
          S: elementType(dx.tensor.dtype, wide),
          ADD: dx.add,
        },
        grid,
      },
    );
  });
  return y;
}

function expectFit(where: string, given: Tensor, x: Tensor, axes: readonly number[]): void {
  expectDType(where, given, 'u32');
  if (given.shape.length !== axes.length || given.shape.some((size, i) => size !== axes[i])) {
    throw new ShapeError(
      where,
      `${given.toString()} does not fit ${x.toString()}`,
      `Give it ${formatShape(axes)}.`,
    );
  }
}
