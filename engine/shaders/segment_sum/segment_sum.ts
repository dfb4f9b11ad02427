import type { Graph } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectSegments, type Segments } from '../lib/edges/edges';
import { walkRows } from '../lib/edges/record';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import spreadWgsl from './spread.wgsl';

const backward = defineKernel({ name: 'segment_sum.backward', wgsl: [spreadWgsl, elementwiseWgsl] });

/**
 * The sum of the rows of every segment: y[n] = Σ x[e] over offsets[n] ≤ e < offsets[n + 1]; 0 where there is none. x (E, …)
 * -> (N, …), in x's storage; sums are taken in f32, in stretches, so that 100,000 terms keep their digits. Throws
 * `ShapeError` or `DataError` for offsets that do not fit.
 */
export function segmentSum(g: Graph, x: Tensor, segments: Segments): Tensor {
  return reduce(g, 'segment_sum', x, segments);
}

/** The mean of the rows of every segment, 0 where there is none: as `segmentSum`, divided by the number of rows. */
export function segmentMean(g: Graph, x: Tensor, segments: Segments): Tensor {
  return reduce(g, 'segment_mean', x, segments);
}

function reduce(g: Graph, op: 'segment_sum' | 'segment_mean', x: Tensor, segments: Segments): Tensor {
  const where = g.where(op);
  expectDType(where, x, 'f32', 'f16');
  const [edges, ...rest] = x.shape;
  const n = expectSegments(g, where, segments, edges);
  const width = x.size / edges;
  const mean = op === 'segment_mean';
  const y = g.value(op, [n, ...rest], x.dtype);
  walkRows(g, {
    ...{ name: 'segment_sum.forward', x, edges, heads: 1, width, mean, segments: n },
    order: { kind: 'target', tensor: segments.offsets },
    to: { tensor: y, add: false },
  });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const map = elementwise(dx.tensor, g.device.can, width);
    g.dispatch(
      backward,
      { dy, segment: segments.of, offsets: segments.offsets, dx: dx.tensor },
      {
        uniforms: { n: map.n, c: map.wide ? width / 4 : width },
        constants: { ...map.constants, S: elementType(dy.dtype, map.wide), ADD: dx.add, MEAN: mean },
        grid: map.grid,
      },
    );
  });
  return y;
}
