import { KernelError, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import selectRowsWgsl from './select_rows.wgsl';

const forward = defineKernel({ name: 'select_rows.forward', wgsl: [stepWgsl, selectRowsWgsl] });
const LANES = 64;

/**
 * The row `length` - 1 of every sequence, `length` being the run's: the last real position of a padded prompt, so
 * that only its logits are computed. x (B, T, C) -> (B, C). For inference: throws `KernelError` where x wants a
 * gradient, `ShapeError` unless x has three axes.
 */
export function selectRows(g: Graph, x: Tensor): Tensor {
  const where = g.where('select_rows');
  const [b, time, width] = x.shape;
  if (x.shape.length !== 3 || !b || !time || !width) {
    throw new ShapeError(where, `${x.name} is ${formatShape(x.shape)}`, 'It must be (B, T, C).');
  }
  if (g.train && g.differentiable(x)) {
    throw new KernelError(
      where,
      `${x.name} wants a gradient, and this op has none`,
      'Use it in inference graphs.',
    );
  }
  const wide = width % 4 === 0;
  const c = wide ? width / 4 : width;
  const y = g.value('last rows', [b, width], x.dtype);
  g.dispatch(
    forward,
    { x, y },
    {
      uniforms: { n: b * c, c, time },
      constants: { LANES, T: elementType(x.dtype, wide) },
      grid: linearGrid(Math.ceil((b * c) / LANES)),
      bytes: 2 * y.bytes,
    },
  );
  return y;
}
