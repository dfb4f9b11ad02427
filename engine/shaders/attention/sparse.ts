import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { tilesOf, type AttentionPattern } from './pattern';
import { SOFTWARE_TILE, TILE } from './layout';

/** A pattern's lists as tensors, for kernels that own queries and kernels that own keys. */
export interface SparseTiles {
  readonly byQuery: { readonly tiles: Tensor };
  readonly byKey: { readonly tiles: Tensor };
  /** Pairs that the kernels compute. */
  readonly pairs: number;
}

const known = new WeakMap<Graph, Map<string, SparseTiles>>();
const numbers = new WeakMap<AttentionPattern, number>();
let patterns = 0;

/** The lists of a pattern, once a graph: layers that share the pattern object share its memory. */
export function sparseTiles(
  g: Graph,
  pattern: AttentionPattern,
  z: { readonly T: number; readonly S: number; readonly left: number; readonly right: number },
): SparseTiles {
  if (!numbers.has(pattern)) numbers.set(pattern, patterns++);
  const key = [numbers.get(pattern), z.T, z.S, z.left, z.right].join();
  const graph = known.get(g) ?? new Map<string, SparseTiles>();
  known.set(g, graph);
  let sparse = graph.get(key);
  if (!sparse) graph.set(key, (sparse = build(g, pattern, z)));
  return sparse;
}

function build(g: Graph, pattern: AttentionPattern, z: Parameters<typeof sparseTiles>[2]): SparseTiles {
  const tile = g.device.can.software ? SOFTWARE_TILE : TILE;
  const { byQuery, byKey, pairs } = tilesOf(pattern, { ...z, tile });
  const rows = { tiles: g.constant(`tiles of ${pattern.name}`, [byQuery.length], byQuery) };
  const columns = { tiles: g.constant(`tiles of ${pattern.name} by key`, [byKey.length], byKey) };
  return { byQuery: rows, byKey: columns, pairs };
}
