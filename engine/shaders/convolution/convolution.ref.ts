import { unfoldIndices, windowsRef, type WindowsRef } from '../unfold/unfold.ref';

/** Groups and outputs of a convolution over windows. */
export interface ConvolutionRef extends WindowsRef {
  readonly outputs: number;
  readonly groups: number;
}

/** Calls `each` with the places of x, w and y of every product of a convolution: loops, no matmul. */
function products(sizes: ConvolutionRef, each: (x: number, w: number, y: number) => void): void {
  const { shape, kernel, outputs: O, groups, last } = sizes;
  const C = last ? shape.at(-1)! : shape[1];
  const cells = kernel.reduce((a, b) => a * b, 1);
  const places = unfoldIndices(sizes);
  const rows = places.length / (C * cells);
  const own = C / groups;
  for (let n = 0; n < rows; n++)
    for (let o = 0; o < O; o++) {
      const group = Math.floor(o / (O / groups));
      for (let k = 0; k < own * cells; k++) {
        const x = places[n * C * cells + group * own * cells + k];
        if (x >= 0) each(x, o * own * cells + k, n * O + o);
      }
    }
}

/** x ∗ w + bias: rows of O outputs, before any activation. */
export function convolutionRef(
  x: Float64Array,
  w: Float64Array,
  bias: Float64Array,
  sizes: ConvolutionRef,
): Float64Array {
  const rows = sizes.shape[0] * windowsRef(sizes).reduce((a, b) => a * b, 1);
  const y = Float64Array.from({ length: rows * sizes.outputs }, (_, i) => bias[i % sizes.outputs]);
  products(sizes, (i, j, k) => (y[k] += x[i] * w[j]));
  return y;
}

/** Backward of `convolutionRef`. */
export function convolutionRefGrad(
  x: Float64Array,
  w: Float64Array,
  dy: Float64Array,
  sizes: ConvolutionRef,
): { x: Float64Array; w: Float64Array; bias: Float64Array } {
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  const bias = new Float64Array(sizes.outputs);
  products(sizes, (i, j, k) => {
    dx[i] += w[j] * dy[k];
    dw[j] += x[i] * dy[k];
  });
  dy.forEach((d, i) => (bias[i % sizes.outputs] += d));
  return { x: dx, w: dw, bias };
}
