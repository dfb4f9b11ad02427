// What a pair costs, and the derivative by x, of a logit x and a probability t:
//   -t ln σ(x) - (1 - t) ln σ(-x) = max(x, 0) - x t + ln(1 + e^-|x|),   σ(x) - t
// Nothing overflows, and what is not finite goes on. Link with partial.wgsl or backward.wgsl.

// ln(1 + e) for e in [0, 1]: 2 artanh(s) with s = e / (2 + e) by its series, to a few ulp. WGSL lets log err by 2^-21
// there, and 1 + e loses the digits of a small e.
fn log_one_plus(e: f32) -> f32 {
  let s = e / (2.0 + e);
  let t = s * s;
  var series = 0.07692308;
  series = 0.09090909 + t * series;
  series = 0.11111111 + t * series;
  series = 0.14285714 + t * series;
  series = 0.2 + t * series;
  series = 0.33333333 + t * series;
  return 2.0 * (s + s * t * series);
}

fn pair_loss(x: f32, t: f32) -> f32 {
  let rest = log_one_plus(exp(-abs(x)));
  // x - x t would be ∞ - ∞: each side has its own product, 0 where its factor is.
  let miss = select(-t, 1.0 - t, x > 0.0);
  return select(x * miss, 0.0, miss == 0.0) + rest;
}

fn pair_slope(x: f32, t: f32) -> f32 {
  let e = exp(-abs(x));
  let q = 1.0 / (1.0 + e);
  return select(e * q, q, x >= 0.0) - t;
}
