import { ShapeError } from '../../errors';
import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/device';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import sumWgsl from './sum.wgsl';

const sum = defineKernel({ name: 'column_sum', wgsl: [sumWgsl] });

const LANES = 64;

/** How many rows an invocation adds up before a second pass adds the blocks. */
export function rowsPerBlock(n: number, c: number, can: Pick<Capabilities, 'software'>): number {
  // A software adapter is busy with a few workgroups; a GPU wants some 32k invocations to hide its memory's latency.
  const wanted = can.software ? Math.ceil(2048 / c) : Math.ceil(32_768 / c);
  const blocks = Math.min(Math.max(wanted, 1), Math.ceil(n / 16), 256);
  return Math.ceil(n / Math.max(1, blocks));
}

/**
 * Stores or adds the sum of dy's rows into a sink: the gradient of whatever repeats over leading axes, such as a bias.
 * dy (…, C) with C the size of the sink's tensor. Deterministic: blocks of rows are summed, then the blocks.
 */
export function columnSum(g: Graph, dy: Tensor, sink: Sink): void {
  const c = sink.tensor.size;
  if (dy.size % c !== 0) {
    throw new ShapeError(g.where('column_sum'), `${dy.toString()} is not made of rows of ${c}`);
  }
  const n = dy.size / c;
  const wide = c % 4 === 0;
  const columns = wide ? c / 4 : c;
  const rows = rowsPerBlock(n, columns, g.device.can);
  const blocks = Math.ceil(n / rows);
  if (blocks === 1) {
    pass(g, dy, sink, n, c, n);
    return;
  }
  const partial = g.value('partial sums', [blocks, c], 'f32');
  pass(g, dy, { tensor: partial, add: false }, n, c, rows);
  pass(g, partial, sink, blocks, c, blocks);
}

function pass(g: Graph, x: Tensor, { tensor: y, add }: Sink, n: number, c: number, rows: number): void {
  const wide = c % 4 === 0;
  const columns = wide ? c / 4 : c;
  g.dispatch(
    sum,
    { x, y },
    {
      uniforms: { n, c: columns, rows },
      constants: {
        LANES,
        S: elementType(x.dtype, wide),
        T: elementType(y.dtype, wide),
        F: elementType('f32', wide),
        ADD: add,
      },
      grid: [Math.ceil(columns / LANES), Math.ceil(n / rows)],
    },
  );
}
