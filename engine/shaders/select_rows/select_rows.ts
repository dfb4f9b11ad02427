import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { formatShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectCounts } from '../lib/counts';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import backwardWgsl from './backward.wgsl';
import own from './length_own.wgsl';
import shared from './length_shared.wgsl';
import selectRowsWgsl from './select_rows.wgsl';

const forward = {
  shared: defineKernel({ name: 'select_rows.forward', wgsl: [stepWgsl, shared, selectRowsWgsl] }),
  own: defineKernel({ name: 'select_rows.forward_lengths', wgsl: [own, selectRowsWgsl] }),
};
const backward = {
  shared: defineKernel({
    name: 'select_rows.backward',
    wgsl: [stepWgsl, shared, backwardWgsl, elementwiseWgsl],
  }),
  own: defineKernel({ name: 'select_rows.backward_lengths', wgsl: [own, backwardWgsl, elementwiseWgsl] }),
};
const LANES = 64;

export interface SelectRowsOptions {
  /** How many rows of each sequence are real, u32 (B); 0 counts as 1, more than T are refused. Default: the run's `length`. */
  readonly lengths?: Tensor;
}

/**
 * The row `length` - 1 of every sequence, `length` being the run's or each one's own: the last real position of a padded
 * prompt, so that only its logits are computed. x (B, T, C) -> (B, C). Throws `ShapeError` unless x has three axes and
 * `lengths` one of B.
 */
export function selectRows(g: Graph, x: Tensor, options: SelectRowsOptions = {}): Tensor {
  const where = g.where('select_rows');
  const { lengths } = options;
  expectOptions(where, options, { lengths });
  const [b, time, width] = x.shape;
  if (x.shape.length !== 3 || !b || !time || !width) {
    throw new ShapeError(where, `${x.name} is ${formatShape(x.shape)}`, 'It must be (B, T, C).');
  }
  if (lengths) expectCounts(g, where, lengths, { sequences: b, most: time, of: 'rows' });
  const wide = width % 4 === 0;
  const c = wide ? width / 4 : width;
  const y = g.value('last rows', [b, width], x.dtype);
  g.dispatch(lengths ? forward.own : forward.shared, lengths ? { x, y, lengths } : { x, y }, {
    uniforms: { n: b * c, c, time },
    constants: { LANES, T: elementType(x.dtype, wide) },
    grid: linearGrid(Math.ceil((b * c) / LANES)),
    bytes: 2 * y.bytes,
  });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const [dy, to] = [g.grad(y), dx.tensor];
    const map = elementwise(to, g.device.can, width);
    const per = map.wide ? 4 : 1;
    g.dispatch(lengths ? backward.own : backward.shared, lengths ? { dy, dx: to, lengths } : { dy, dx: to }, {
      uniforms: { n: map.n, c: width / per, time },
      constants: { ...map.constants, S: elementType(dy.dtype, map.wide), ADD: dx.add },
      grid: map.grid,
    });
  });
  return y;
}
