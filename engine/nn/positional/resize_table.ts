import { expectOneOf, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { formatShape, type Tensor } from '../../graph/tensor';
import { matmul } from '../../shaders/matmul/matmul';
import { transpose } from '../../shaders/transpose/transpose';

/** From which grid to which, and how. */
export interface ResizeTableOptions {
  /** [H, W] of the table. */
  readonly from: readonly [number, number];
  /** [H, W] of the result. */
  readonly to: readonly [number, number];
  /** Default 'bicubic'. */
  readonly filter?: 'bicubic' | 'bilinear';
}

/**
 * A table of vectors for the places of a grid, row by row, on another grid: PyTorch's `F.interpolate` with
 * align_corners=False and no antialias, which is how checkpoints of vision models read images of another size.
 * table (H·W, C) -> (H'·W', C), with its gradient. Throws `ShapeError` where the table is of another grid.
 */
export function resizeTable(g: Graph, table: Tensor, options: ResizeTableOptions): Tensor {
  const where = g.where('resizeTable');
  const { from, to, filter = 'bicubic' } = options;
  expectOptions(where, options, { from, to, filter });
  expectOneOf(where, 'filter', filter, ['bicubic', 'bilinear']);
  const [[h, w], [H, W]] = [from, to];
  const [rows, C = 0] = table.shape;
  if (
    ![h, w, H, W].every((n) => Number.isInteger(n) && n > 0) ||
    rows !== h * w ||
    table.shape.length !== 2
  ) {
    const what = `${table.name} is ${formatShape(table.shape)}, from ${h} × ${w} to ${H} × ${W}`;
    throw new ShapeError(where, what, 'Give (H·W, C).');
  }
  /** Its first axis, of n, as one of m. */
  const along = (x: Tensor, n: number, m: number): Tensor => {
    if (n === m) return x;
    const weights = g.constant(`${filter} ${n} to ${m}`, [m, n], axisWeights(n, m, filter));
    return matmul(g, weights, g.view(x, [n, x.size / n]));
  };
  const tall = g.view(along(table, h, H), [H, w, C]);
  if (w === W) return g.view(tall, [H * W, C]);
  const wide = g.view(along(transpose(g, tall, 0, 1), w, W), [W, H, C]);
  return g.view(transpose(g, wide, 0, 1), [H * W, C]);
}

/** How much each of n places counts for each of m: (m, n). */
export function axisWeights(n: number, m: number, filter: 'bicubic' | 'bilinear'): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    const at = ((i + 0.5) * n) / m - 0.5;
    const place = filter === 'bilinear' ? Math.max(0, at) : at;
    const first = Math.floor(place);
    const t = place - first;
    const taps = filter === 'bilinear' ? [0, 1 - t, t, 0] : [1 + t, t, 1 - t, 2 - t].map(cubic);
    // Places beyond an edge are the edge.
    for (const [k, tap] of taps.entries()) {
      weights[i * n + Math.min(n - 1, Math.max(0, first - 1 + k))] += tap;
    }
  }
  return weights;
}

/** Keys' cubic convolution (1981) at a distance of up to 2, with PyTorch's a = -0.75. */
function cubic(x: number): number {
  const a = -0.75;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}
