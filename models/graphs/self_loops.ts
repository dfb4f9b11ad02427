/** Features of loops that are added: a number for all of them, or what the edges of their node have. */
export type LoopFill = number | 'mean' | 'add' | 'min' | 'max' | 'mul';

/** What each fill begins with, and how it takes in one more number. */
const FOLDS = {
  mean: [0, (a: number, b: number) => a + b],
  add: [0, (a: number, b: number) => a + b],
  min: [Infinity, Math.min],
  max: [-Infinity, Math.max],
  mul: [1, (a: number, b: number) => a * b],
} as const;

/** What of a graph loops are made from. */
export interface LoopedGraph {
  readonly nodes: number;
  readonly edges: number;
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly edgeFeatures: Float32Array | null;
}

/** The edges without loops, of D numbers, with a loop at each node behind them; `origin`: the number that each edge had, -1 of loops. */
export function addSelfLoops(graph: LoopedGraph, fill: LoopFill, D: number) {
  const { nodes, source, target } = graph;
  const edgeFeatures = graph.edgeFeatures ?? new Float32Array(0);
  const kept: number[] = [];
  for (let e = 0; e < graph.edges; e++) if (source[e] !== target[e]) kept.push(e);
  const count = kept.length;
  const from = new Uint32Array(count + nodes);
  const to = new Uint32Array(count + nodes);
  const origin = new Int32Array(count + nodes).fill(-1);
  for (const [i, e] of kept.entries()) [from[i], to[i], origin[i]] = [source[e], target[e], e];
  for (let n = 0; n < nodes; n++) from[count + n] = to[count + n] = n;
  if (D === 0) return { source: from, target: to, origin };

  const features = new Float32Array((count + nodes) * D);
  for (const [i, e] of kept.entries()) features.set(edgeFeatures.subarray(e * D, (e + 1) * D), i * D);
  if (typeof fill === 'number') {
    features.fill(fill, count * D);
  } else {
    const [start, fold] = FOLDS[fill];
    const folded = new Float64Array(nodes * D).fill(start);
    const degrees = new Uint32Array(nodes);
    for (const e of kept) {
      degrees[target[e]]++;
      for (let d = 0; d < D; d++) {
        const at = target[e] * D + d;
        folded[at] = fold(folded[at], edgeFeatures[e * D + d]);
      }
    }
    for (let n = 0; n < nodes; n++) {
      const share = fill === 'mean' ? 1 / Math.max(1, degrees[n]) : 1;
      // A node without edges gets 0, but 1 where features are multiplied, as PyTorch's scatter has it.
      const none = fill === 'mul' ? 1 : 0;
      for (let d = 0; d < D; d++) {
        features[(count + n) * D + d] = degrees[n] === 0 ? none : folded[n * D + d] * share;
      }
    }
  }
  return { source: from, target: to, edgeFeatures: features, origin };
}
