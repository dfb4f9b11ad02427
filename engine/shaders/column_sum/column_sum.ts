import { ShapeError } from '../../errors';
import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/capabilities';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import sumWgsl from './sum.wgsl';

const sum = defineKernel({ name: 'column_sum', wgsl: [sumWgsl] });

const LANES = 64;

/** How many of n rows an invocation adds up before a second pass adds the blocks; c columns. */
export function rowsPerBlock(n: number, c: number, can: Pick<Capabilities, 'software'>): number {
  const columns = c % 4 === 0 ? c / 4 : c;
  // A software adapter is busy with a few workgroups; a GPU wants some 32k invocations to hide its memory's latency.
  const wanted = can.software ? Math.ceil(2048 / columns) : Math.ceil(32_768 / columns);
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
  const rows = rowsPerBlock(n, c, g.device.can);
  const blocks = Math.ceil(n / rows);
  if (blocks === 1) {
    pass(g, dy, sink, n, n);
    return;
  }
  const partial = g.value('partial sums', [blocks, c], 'f32');
  pass(g, dy, { tensor: partial, add: false }, n, rows);
  sumBlocks(g, partial, sink, blocks);
}

/** The second pass alone: stores or adds the sum of `blocks` rows of `partial`, from element `start` on. */
export function sumBlocks(g: Graph, partial: Tensor, sink: Sink, blocks: number, start = 0): void {
  pass(g, partial, sink, blocks, blocks, start);
}

function pass(g: Graph, x: Tensor, { tensor: y, add }: Sink, n: number, rows: number, start = 0): void {
  const c = y.size / Math.ceil(n / rows);
  const wide = c % 4 === 0;
  const columns = wide ? c / 4 : c;
  g.dispatch(
    sum,
    { x, y },
    {
      uniforms: { n, c: columns, rows, start: wide ? start / 4 : start },
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
