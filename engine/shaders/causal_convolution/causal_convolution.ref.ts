/** Sizes of rows (B, T, C) and of taps (C, K). */
export interface CausalConvolutionSizes {
  readonly B: number;
  readonly T: number;
  readonly C: number;
  readonly K: number;
}

/** Calls `term` for every product: numbers of y, of x and of the weight. */
function products({ B, T, C, K }: CausalConvolutionSizes, term: (y: number, x: number, w: number) => void) {
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        for (let j = Math.max(0, K - 1 - t); j < K; j++) {
          term((b * T + t) * C + c, (b * T + t + j - (K - 1)) * C + c, c * K + j);
        }
      }
    }
  }
}

export function causalConvolutionRef(
  x: Float64Array,
  weight: Float64Array,
  sizes: CausalConvolutionSizes,
): Float64Array {
  const y = new Float64Array(x.length);
  products(sizes, (at, from, w) => (y[at] += weight[w] * x[from]));
  return y;
}

export function causalConvolutionRefGrad(
  x: Float64Array,
  weight: Float64Array,
  dy: Float64Array,
  sizes: CausalConvolutionSizes,
): { x: Float64Array; weight: Float64Array } {
  const d = { x: new Float64Array(x.length), weight: new Float64Array(weight.length) };
  products(sizes, (at, from, w) => {
    d.x[from] += weight[w] * dy[at];
    d.weight[w] += x[from] * dy[at];
  });
  return d;
}
