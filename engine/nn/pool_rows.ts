import { expectOneOf } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { embedding } from '../shaders/embedding/embedding';
import { matmul } from '../shaders/matmul/matmul';
import { selectRows } from '../shaders/select_rows/select_rows';

/** How the rows of a text's tokens become one: their mean, the first token's, or the last token's. */
export type Pooling = 'mean' | 'first' | 'last';

/** x (B, T, C), lengths u32 (B), each from 1 to T -> (B, C). Padding counts for nothing. */
export function poolRows(g: Graph, x: Tensor, lengths: Tensor, pooling: Pooling): Tensor {
  expectOneOf(g.where('poolRows'), 'pooling', pooling, ['mean', 'first', 'last']);
  const [B, T, C] = x.shape;
  if (pooling === 'last') return selectRows(g, x, { lengths });
  if (pooling === 'first') {
    const firsts = g.constant('first rows', [B], new Uint32Array(B).fill(1));
    return selectRows(g, x, { lengths: firsts });
  }
  // A row of 1/length for each real token, and 0 for padding: what embeds `lengths` in a table of all such rows.
  const shares = g.constant('shares', [T + 1, T], sharesOf(T));
  const weights = g.view(embedding(g, lengths, shares), [B, 1, T]);
  return g.view(matmul(g, weights, x), [B, C]);
}

/** Row n has 1/n for the first n of T tokens: (T + 1, T). */
function sharesOf(T: number): Float32Array<ArrayBuffer> {
  const shares = new Float32Array((T + 1) * T);
  for (let n = 1; n <= T; n++) shares.fill(1 / n, n * T, n * T + n);
  return shares;
}
