/** dx of y = e^x. */
export const expRefGrad = (x: Float64Array, dy: Float64Array): Float64Array =>
  x.map((v, i) => dy[i] * Math.exp(v));

/** dx of y = ln x. */
export const logRefGrad = (x: Float64Array, dy: Float64Array): Float64Array => x.map((v, i) => dy[i] / v);
