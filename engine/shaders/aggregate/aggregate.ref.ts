/** Edges as lists: where each comes from and goes to. */
export interface EdgeList {
  readonly source: ArrayLike<number>;
  readonly of: ArrayLike<number>;
}

/** y[of[e]] = Σ weights[e, h] x[source[e]]. x (M, H C) -> (targets, H C); no weights count 1. */
export function aggregateRef(
  x: Float64Array,
  weights: Float64Array | null,
  { source, of }: EdgeList,
  { targets, heads, width }: { readonly targets: number; readonly heads: number; readonly width: number },
): Float64Array {
  const c = heads * width;
  const y = new Float64Array(targets * c);
  for (let e = 0; e < source.length; e++)
    for (let i = 0; i < c; i++)
      y[of[e] * c + i] += (weights ? weights[e * heads + Math.floor(i / width)] : 1) * x[source[e] * c + i];
  return y;
}

/** dy (targets, H C) -> gradients of x and of weights. */
export function aggregateRefGrad(
  x: Float64Array,
  weights: Float64Array | null,
  dy: Float64Array,
  { source, of }: EdgeList,
  { heads, width }: { readonly heads: number; readonly width: number },
): { x: Float64Array; weights: Float64Array } {
  const c = heads * width;
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(source.length * heads);
  for (let e = 0; e < source.length; e++)
    for (let i = 0; i < c; i++) {
      const h = e * heads + Math.floor(i / width);
      dx[source[e] * c + i] += (weights ? weights[h] : 1) * dy[of[e] * c + i];
      dw[h] += x[source[e] * c + i] * dy[of[e] * c + i];
    }
  return { x: dx, weights: dw };
}
