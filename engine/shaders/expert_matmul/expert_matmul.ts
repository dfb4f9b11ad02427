import { EngineError, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, formatShape, type Tensor } from '../../graph/tensor';
import { pairsOfToken, tileUnit, type ExpertRows } from '../expert_rows/expert_rows';
import { walkRows } from '../lib/edges/record';
import { product, type Places } from '../matmul/matmul';
import leftListed from './left_listed.wgsl';
import leftOwn from './left_own.wgsl';
import rightListed from './right_listed.wgsl';
import rightOwn from './right_own.wgsl';
import sumsWgsl from './sums.wgsl';
import tilesWgsl from './tiles.wgsl';

/** What `expertMatmul` reads. */
export interface ExpertMatmulOptions {
  /** x has a row for each token, (T, C), of which each of its experts takes a copy. Default false: a row for each row of the tiles. */
  readonly tokens?: boolean;
}

/** The product of each tile with its expert's matrix: rows of x are those of the tiles, or of the tokens. */
function tilesOf(
  { tileOf, pairOf, experts, choices, tokens }: ExpertRows,
  listed: boolean,
  k: number,
): Places {
  return {
    name: 'expert_matmul.tiles',
    wgsl: [tilesWgsl, listed ? leftListed : leftOwn],
    bind: { tile_of: tileOf, ...(listed && { pair_of: pairOf }) },
    constants: { EXPERTS: experts, ...(listed && { CHOICES: choices }) },
    terms: tokens * choices * k,
  };
}

/** The sum over the rows of each expert. */
function sumsOf(
  starts: Tensor,
  { pairOf, height, choices, tokens }: ExpertRows,
  listed: boolean,
  m: number,
): Places {
  return {
    name: 'expert_matmul.sums',
    wgsl: [sumsWgsl, listed ? rightListed : rightOwn],
    bind: { starts, ...(listed && { pair_of: pairOf }) },
    constants: { HEIGHT: height, ...(listed && { CHOICES: choices }) },
    terms: tokens * choices * m,
  };
}

/**
 * Each row times the matrix of its expert, and nothing of the others': y = x W_eᵀ. weight (E·N, C), the matrices of the experts one
 * below another, as checkpoints have them; rows are those of `expertRows`, R = tiles · height of them. x (R, C), or (T, C)
 * with `tokens` -> (R, N) in the graph's storage; sums in f32. Rows without a pair hold numbers that mean nothing, and have
 * gradients of 0 as long as those of their result are 0, as `expertSum` gives them.
 *
 * @throws ShapeError where shapes do not fit. EngineError for a weight that is larger than a binding, and for gradients of rows
 * that are in no order.
 */
export function expertMatmul(
  g: Graph,
  x: Tensor,
  weight: Tensor,
  rows: ExpertRows,
  options: ExpertMatmulOptions = {},
): Tensor {
  const where = g.where('expertMatmul');
  const { tokens: listed = false } = options;
  expectOptions(where, options, { tokens: listed });
  const { experts, tokens, tiles, height, starts } = rows;
  if (weight.shape.length !== 2 || weight.shape[0] % experts !== 0) {
    const what = `${weight.name} is ${formatShape(weight.shape)} for ${experts} experts`;
    throw new ShapeError(where, what, 'Give (E·N, C): N rows of each, one expert below another.');
  }
  if (g.parts(weight).length > 1) {
    const what = `${weight.name} ${formatShape(weight.shape)} is larger than a binding of this device`;
    throw new EngineError(where, what, "Store it as 'f16', or take a device with larger bindings.");
  }
  const [n, k] = [weight.shape[0] / experts, weight.shape[1]];
  expectShape(where, x, [listed ? tokens : tiles * height, k]);
  for (const t of [x, weight]) expectDType(where, t, 'f32', 'f16');
  const y = g.value('expert matmul', [tiles * height, n]);
  const matrices = { tensor: weight, transposed: true, shared: false };
  const rowsOfTiles = (tensor: Tensor) => ({ tensor, transposed: false, shared: false });
  product(
    g,
    rowsOfTiles(x),
    matrices,
    { tensor: y, add: false },
    { batch: tiles, m: height, n, k, places: tilesOf(rows, listed, k) },
  );

  g.backward(y, () => {
    const dy = g.grad(y);
    const dx = g.sink(x);
    if (dx) {
      const to = listed ? { tensor: g.value('d rows', [tiles * height, k]), add: false } : dx;
      const places = tilesOf(rows, false, n);
      const turned = { ...matrices, transposed: false };
      product(g, rowsOfTiles(dy), turned, to, { batch: tiles, m: height, n: k, k: n, places });
      if (listed) {
        walkRows(g, {
          ...{ name: 'expert_matmul.gather', x: to.tensor, rows: rows.rowOf, to: dx },
          ...{ segments: tokens, edges: tokens * rows.choices, heads: 1, width: k },
          order: { kind: 'target', tensor: pairsOfToken(g, rows) },
        });
      }
    }
    const dw = g.sink(weight);
    if (!dw) return;
    if (!starts) {
      throw new EngineError(where, 'rows are in no order', 'Make them in a graph that trains.');
    }
    const unit = tileUnit(g.device.can);
    if (height % unit !== 0) {
      const what = `the gradient of ${weight.name} over tiles of ${height} rows`;
      throw new EngineError(where, what, `Leave out the height, or use a multiple of ${unit}.`);
    }
    product(g, { tensor: dy, transposed: true, shared: false }, rowsOfTiles(x), dw, {
      ...{ batch: experts, m: n, n: k, k: tiles * height },
      places: sumsOf(starts, rows, listed, n),
    });
  });
  return y;
}
