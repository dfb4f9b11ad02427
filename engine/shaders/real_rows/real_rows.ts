import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import realRowsWgsl from './real_rows.wgsl';

const forward = defineKernel({ name: 'real_rows.forward', wgsl: [stepWgsl, realRowsWgsl, elementwiseWgsl] });
const LANES = 64;

/**
 * How many of T rows are real in each of B sequences: the run's `length`, or all of them where that is 0. For ops that
 * take `lengths` and may not read padding, such as recurrences. -> u32 (B). Throws `ShapeError`.
 */
export function realRows(g: Graph, sequences: number, rows: number): Tensor {
  if (![sequences, rows].every((n) => Number.isInteger(n) && n >= 1)) {
    const what = `${rows} rows of ${sequences} sequences`;
    throw new ShapeError(g.where('realRows'), what, 'Give whole numbers from 1 on.');
  }
  const y = g.value('real rows', [sequences], 'u32');
  g.dispatch(
    forward,
    { y },
    {
      uniforms: { n: sequences, rows },
      constants: { LANES, PER: 1 },
      grid: linearGrid(Math.ceil(sequences / LANES)),
    },
  );
  return y;
}
