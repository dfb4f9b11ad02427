import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { byCapability } from '../../runtime/shader';
import { expectSegments, type Segments } from '../lib/edges/edges';
import { elementType } from '../lib/elementwise';
import { leastOf } from '../lib/hidden';
import hidden from '../lib/hidden.wgsl';
import reduce from '../lib/reduce.wgsl';
import reduceSubgroups from '../lib/reduce_subgroups.wgsl';
import scalar from '../lib/scalar.wgsl';
import vector from '../lib/vector.wgsl';
import acrossFour from './across_four.wgsl';
import acrossOne from './across_one.wgsl';
import backwardWgsl from './backward.wgsl';
import backwardSoftware from './backward_software.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftware from './forward_software.wgsl';
import weight from './weight.wgsl';

const reductions = byCapability({ base: reduce, subgroups: reduceSubgroups });
const forward = {
  one: defineKernel({
    name: 'segment_softmax.forward',
    wgsl: [acrossOne, forwardWgsl, weight, hidden, reductions],
  }),
  four: defineKernel({
    name: 'segment_softmax.forward',
    wgsl: [acrossFour, forwardWgsl, weight, hidden, reductions],
  }),
};
const backward = {
  one: defineKernel({ name: 'segment_softmax.backward', wgsl: [acrossOne, backwardWgsl, reductions] }),
  four: defineKernel({ name: 'segment_softmax.backward', wgsl: [acrossFour, backwardWgsl, reductions] }),
};
const software = {
  forward: {
    one: defineKernel({
      name: 'segment_softmax.forward_software',
      wgsl: [scalar, forwardSoftware, weight, hidden],
    }),
    four: defineKernel({
      name: 'segment_softmax.forward_software',
      wgsl: [vector, forwardSoftware, weight, hidden],
    }),
  },
  backward: {
    one: defineKernel({ name: 'segment_softmax.backward_software', wgsl: [scalar, backwardSoftware] }),
    four: defineKernel({ name: 'segment_softmax.backward_software', wgsl: [vector, backwardSoftware] }),
  },
};
const SOFTWARE_LANES = 16;

/**
 * Softmax over the rows of every segment, by column: y[e, h] = exp(x[e, h] - m) / Σ over offsets[n] ≤ e < offsets[n + 1], m
 * being the largest. x (E, H) or (E) -> the same: attention over the edges that go to a node (Veličković et al. 2018).
 * Rows that are -∞ or the lowest number of x's type take no part; where none does, all are 0. Throws `ShapeError` or
 * `DataError` for offsets that do not fit.
 */
export function segmentSoftmax(g: Graph, x: Tensor, segments: Segments): Tensor {
  const where = g.where('segment_softmax');
  expectDType(where, x, 'f32', 'f16');
  const [edges] = x.shape;
  const n = expectSegments(g, where, segments, edges);
  const heads = x.size / edges;
  const wide = heads % 4 === 0;
  const kind = wide ? 'four' : 'one';
  const h = wide ? heads / 4 : heads;
  const onCpu = g.device.can.software;
  const grid = linearGrid(onCpu ? Math.ceil((n * h) / SOFTWARE_LANES) : n * h);
  const uniforms = { segments: n, h };
  const { offsets } = segments;
  const y = g.value('segment_softmax', x.shape, x.dtype);
  g.dispatch(
    (onCpu ? software.forward : forward)[kind],
    { x, offsets, y },
    { uniforms, constants: { T: elementType(x.dtype, wide), LEAST: leastOf(x) }, grid },
  );

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    g.dispatch(
      (onCpu ? software.backward : backward)[kind],
      { y, dy, offsets, dx: dx.tensor },
      {
        uniforms,
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
