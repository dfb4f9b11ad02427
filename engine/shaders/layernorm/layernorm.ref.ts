export interface NormRefOptions {
  readonly eps: number;
  /** False for RMSNorm. */
  readonly center: boolean;
}

/** Each row's normalised numbers and 1/std. */
function standardised(x: Float64Array, c: number, { eps, center }: NormRefOptions) {
  const h = new Float64Array(x.length);
  const rstds = new Float64Array(x.length / c);
  for (let row = 0; row < rstds.length; row++) {
    const values = x.subarray(row * c, (row + 1) * c);
    const mean = center ? values.reduce((a, b) => a + b, 0) / c : 0;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / c;
    const rstd = 1 / Math.sqrt(variance + eps);
    rstds[row] = rstd;
    for (let i = 0; i < c; i++) h[row * c + i] = (values[i] - mean) * rstd;
  }
  return { h, rstds };
}

export function normRef(
  x: Float64Array,
  weight: Float64Array,
  bias: Float64Array | null,
  options: NormRefOptions,
): Float64Array {
  const c = weight.length;
  return standardised(x, c, options).h.map((h, i) => h * weight[i % c] + (bias ? bias[i % c] : 0));
}

export function normRefGrad(
  x: Float64Array,
  weight: Float64Array,
  dy: Float64Array,
  options: NormRefOptions,
): { x: Float64Array; weight: Float64Array; bias: Float64Array } {
  const c = weight.length;
  const { h, rstds } = standardised(x, c, options);
  const dx = new Float64Array(x.length);
  const dweight = new Float64Array(c);
  const dbias = new Float64Array(c);
  for (const [row, rstd] of rstds.entries()) {
    let e = 0;
    let eh = 0;
    for (let i = 0; i < c; i++) {
      const at = row * c + i;
      dweight[i] += dy[at] * h[at];
      dbias[i] += dy[at];
      e += (dy[at] * weight[i]) / c;
      eh += (dy[at] * weight[i] * h[at]) / c;
    }
    for (let i = 0; i < c; i++) {
      const at = row * c + i;
      dx[at] = rstd * (dy[at] * weight[i] - (options.center ? e : 0) - h[at] * eh);
    }
  }
  return { x: dx, weight: dweight, bias: dbias };
}
