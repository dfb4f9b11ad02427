import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectSegments, type Segments } from '../lib/edges/edges';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import keyWgsl from '../max/key.wgsl';
import mostWgsl from '../max/most.wgsl';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';
import forwardSoftwareWgsl from './forward_software.wgsl';

const forward = defineKernel({ name: 'segment_max.forward', wgsl: [keyWgsl, forwardWgsl, mostWgsl] });
const forwardSoftware = defineKernel({
  name: 'segment_max.forward_software',
  wgsl: [keyWgsl, forwardSoftwareWgsl],
});
const backward = defineKernel({ name: 'segment_max.backward', wgsl: [backwardWgsl, elementwiseWgsl] });
const LANES = 64;
const SOFTWARE_LANES = 16;

/**
 * The largest number of the rows of every segment, by column; 0 where a segment has none. x (E, …) -> (N, …). NaN is larger
 * than everything. Of equal numbers the first gets the whole gradient, as of `max`; PyTorch's `scatter_reduce` shares it
 * out. Throws `ShapeError` or `DataError` for offsets that do not fit.
 */
export function segmentMax(g: Graph, x: Tensor, segments: Segments): Tensor {
  const where = g.where('segment_max');
  expectDType(where, x, 'f32', 'f16');
  const [edges, ...rest] = x.shape;
  const n = expectSegments(g, where, segments, edges);
  const c = x.size / edges;
  const { software } = g.device.can;
  const COLUMNS = Math.min(16, 2 ** Math.ceil(Math.log2(c)));
  const y = g.value('segment_max', [n, ...rest], x.dtype);
  const at = g.value('rows', [n, ...rest], 'u32');
  g.dispatch(
    software ? forwardSoftware : forward,
    { x, offsets: segments.offsets, y, at },
    {
      uniforms: { segments: n, edges, c },
      constants: {
        T: elementType(x.dtype, false),
        ...(software ? { LANES: SOFTWARE_LANES } : { LANES, COLUMNS }),
      },
      grid: linearGrid(software ? Math.ceil((n * c) / SOFTWARE_LANES) : n * Math.ceil(c / COLUMNS)),
    },
  );

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const { constants, n: size, grid } = elementwise(dx.tensor, g.device.can, 1);
    const { T, LANES: lanes, PER } = constants;
    g.dispatch(
      backward,
      { dy, at, segment: segments.of, dx: dx.tensor },
      {
        uniforms: { n: size, c },
        constants: { LANES: lanes, PER, T, S: elementType(dy.dtype, false), ADD: dx.add },
        grid,
      },
    );
  });
  return y;
}
