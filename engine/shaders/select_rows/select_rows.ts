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

const kernels = {
  shared: {
    forward: defineKernel({ name: 'select_rows.forward', wgsl: [stepWgsl, shared, selectRowsWgsl] }),
    backward: defineKernel({
      name: 'select_rows.backward',
      wgsl: [stepWgsl, shared, backwardWgsl, elementwiseWgsl],
    }),
  },
  own: {
    forward: defineKernel({ name: 'select_rows.forward_lengths', wgsl: [own, selectRowsWgsl] }),
    backward: defineKernel({
      name: 'select_rows.backward_lengths',
      wgsl: [own, backwardWgsl, elementwiseWgsl],
    }),
  },
};
const LANES = 64;

/** Lengths of the sequences whose last rows `selectRows` takes. */
export interface SelectRowsOptions {
  /** How many rows of each sequence are real, u32 (B); 0 counts as 1, more than T are refused. Default: the run's `length`. */
  readonly lengths?: Tensor;
}

/**
 * The row `length` - 1 of every sequence, `length` being the run's or each one's own: the last real position of a padded
 * text. x (B, T, C) -> (B, C). Throws `ShapeError` unless x has three axes and `lengths` one of B.
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
  const kernel = kernels[lengths ? 'own' : 'shared'];
  const bind: Readonly<Record<string, Tensor>> = lengths ? { lengths } : {};
  const wide = width % 4 === 0;
  const c = wide ? width / 4 : width;
  const y = g.value('last rows', [b, width], x.dtype);
  g.dispatch(
    kernel.forward,
    { x, y, ...bind },
    {
      uniforms: { n: b * c, c, time },
      constants: { LANES, T: elementType(x.dtype, wide) },
      grid: linearGrid(Math.ceil((b * c) / LANES)),
      bytes: 2 * y.bytes,
    },
  );

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    const { constants, n, grid } = elementwise(dx.tensor, g.device.can, width);
    g.dispatch(
      kernel.backward,
      { dy, dx: dx.tensor, ...bind },
      {
        uniforms: { n, c, time },
        constants: { ...constants, S: elementType(dy.dtype, wide), ADD: dx.add },
        grid,
      },
    );
  });
  return y;
}
