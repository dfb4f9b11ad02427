/** States from chunk to chunk, and their gradients back: the one part that cannot be done for all chunks at once. */
import { linearGrid, type Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import tile from '../linear_attention/tile.wgsl';
import type { Chunks, Matrices } from './chunks';
import correct from './correct.wgsl';
import correctBack from './correct_back.wgsl';
import correctBackNone from './correct_back_none.wgsl';
import correctNone from './correct_none.wgsl';
import correctTiles from './correct_tiles.wgsl';
import correctTilesBack from './correct_tiles_back.wgsl';
import correctTilesBackNone from './correct_tiles_back_none.wgsl';
import correctTilesNone from './correct_tiles_none.wgsl';
import logDecay from './log_decay.wgsl';
import logDecayNone from './log_decay_none.wgsl';
import solveWgsl from './solve.wgsl';
import columnsWgsl from './walk_columns.wgsl';
import columnsBackWgsl from './walk_columns_back.wgsl';
import tilesWgsl from './walk_tiles.wgsl';
import tilesBackWgsl from './walk_tiles_back.wgsl';

type Files = Parameters<typeof defineKernel>[0]['wgsl'];
/** A pass for each pair of gates. */
/*#__NO_SIDE_EFFECTS__*/
function passes(name: string, walk: Files, delta: Files[number], plain: Files[number]) {
  const define = (gates: string, ...files: Files): Kernel =>
    defineKernel({ name: `gated_linear_attention.${name}${gates}`, wgsl: [...walk, ...files] });
  return {
    plain: define('', plain, logDecayNone),
    faded: define('_faded', plain, logDecay),
    delta: define('_delta', delta, logDecayNone),
    both: define('_gated_delta', delta, logDecay),
  };
}
const rungs = {
  columns: {
    forward: /*#__PURE__*/ passes('walk', [columnsWgsl], correct, correctNone),
    backward: /*#__PURE__*/ passes('walk_back', [columnsBackWgsl], correctBack, correctBackNone),
  },
  tiles: {
    forward: /*#__PURE__*/ passes('walk_tiles', [tilesWgsl, tile], correctTiles, correctTilesNone),
    backward: /*#__PURE__*/ passes(
      'walk_tiles_back',
      [tilesBackWgsl, tile],
      correctTilesBack,
      correctTilesBackNone,
    ),
  },
};
const solveKernel = defineKernel({ name: 'gated_linear_attention.solve', wgsl: [solveWgsl] });
const LANES = 64;

/** What the delta rule corrects a chunk's values by: packed keys that are read with, and products of its rows. */
export interface Correction {
  readonly reads: Matrices;
  readonly near: Matrices;
}

const software = (g: Graph): boolean => g.device.can.software;

/** A correction as the rung takes it: the products, or their solution. */
function ready(g: Graph, c: Chunks, { reads, near }: Correction): Record<string, Tensor> {
  if (software(g)) return { reads: reads.tensor, near: near.tensor };
  const solved = c.matrices(c.chunk, c.chunk);
  const n = c.batch * c.chunk;
  g.dispatch(
    solveKernel,
    { near: near.tensor, solved: solved.tensor },
    {
      uniforms: { n, chunk: c.chunk },
      grid: linearGrid(Math.ceil(n / LANES)),
      flops: (n * c.chunk * c.chunk) / 3,
    },
  );
  return { reads: reads.tensor, solved: solved.tensor };
}

function dispatch(
  g: Graph,
  c: Chunks,
  pass: 'forward' | 'backward',
  { rows, columns, delta }: { rows: number; columns: number; delta: boolean },
  bind: Readonly<Record<string, Tensor>>,
): void {
  const { sums, chunk, chunks, call } = c;
  const kernels = rungs[software(g) ? 'columns' : 'tiles'][pass];
  const fours = columns / 4;
  // Its own rows and those that wait for each other, and the state, twice with a correction.
  const each = rows * (delta ? 2 : 1) * 2 + (delta ? chunk : 0);
  g.dispatch(
    kernels[sums ? (delta ? 'both' : 'faded') : delta ? 'delta' : 'plain'],
    { ...bind, ...(sums && { sums }) },
    {
      uniforms: { chunk, chunks, width: call.width, packs: rows / 4, fours },
      constants: {
        ...(software(g) ? { LANES } : { COLUMNS: chunk / 32 }),
        ...(sums && { BY_NUMBER: call.each }),
      },
      grid: [Math.ceil(software(g) ? fours / LANES : columns / 32), c.batch / chunks],
      flops: c.batch * chunk * columns * each,
    },
  );
}

/** States as each chunk meets them, (W, F), and what its rows write into the next: `values` themselves without a correction. */
export function walk(
  g: Graph,
  c: Chunks,
  values: Matrices,
  writes: Matrices,
  correction: Correction | null,
): { states: Matrices; written: Matrices } {
  const rows = writes.columns;
  const states = c.matrices(rows, values.columns);
  const written = correction ? c.matrices(c.chunk, values.columns) : values;
  dispatch(
    g,
    c,
    'forward',
    { rows, columns: values.columns, delta: correction !== null },
    {
      ...{ values: values.tensor, states: states.tensor, writes: writes.tensor },
      ...(correction && { ...ready(g, c, correction), written: written.tensor }),
    },
  );
  return { states, written };
}

/**
 * The way back: `gradients` of what rows wrote, as their own chunk has them, become those of values, in place; `pull` is the gradient of
 * the state that a chunk met, as its rows have it. Gives the gradient of the state that each chunk leaves.
 */
export function walkBack(
  g: Graph,
  c: Chunks,
  gradients: Matrices,
  pull: Matrices,
  writes: Matrices,
  correction: Correction | null,
): Matrices {
  const rows = writes.columns;
  const carried = c.matrices(rows, gradients.columns);
  dispatch(
    g,
    c,
    'backward',
    { rows, columns: gradients.columns, delta: correction !== null },
    {
      ...{ gradients: gradients.tensor, carried: carried.tensor, writes: writes.tensor, pull: pull.tensor },
      ...(correction && ready(g, c, correction)),
    },
  );
  return carried;
}
