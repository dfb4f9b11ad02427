// The point-wise non-linearities and their derivatives, on f32 or, with F = vec4<f32>, on four at a time.
//   gelu       x Φ(x)                                   Hendrycks and Gimpel 2016
//   gelu_tanh  x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))   the same paper's approximation, GPT-2's
//   relu       max(x, 0)
//   silu       x σ(x)                                   Elfwing et al. 2017
//   tanh       (e^x - e^-x) / (e^x + e^-x)
//   sigmoid    σ(x) = 1 / (1 + e^-x)
//   gelu_sigmoid  x σ(1.702 x)                        the first paper's other approximation, CLIP's
// ACTIVATION is 0 for none; see activation.ts for the numbers. Where exp would overflow or vanish, f and f' have long
// reached their limits, so arguments are bounded there: by comparisons, which NaN passes, since min may lose it.
const ACTIVATION: u32 = 1;
alias F = f32;

fn at_least(x: F, limit: f32) -> F { return select(x, F(limit), x < F(limit)); }
fn bounded(x: F, limit: f32) -> F {
  let y = at_least(x, -limit);
  return select(y, F(limit), y > F(limit));
}

// erfc by a Chebyshev fit of log(erfc(z) exp(z²)/t), t = 1/(1 + z/2): relative error below 1.2e-7 for z ≥ 0,
// which keeps gelu's negative tail right where 1 + erf(x) would cancel. (Press et al., Numerical Recipes, 6.2)
fn erfc_positive(z: F) -> F {
  let t = F(1.0) / (F(1.0) + F(0.5) * z);
  var p = fma(t, F(0.17087277), F(-0.82215223));
  p = fma(t, p, F(1.48851587));
  p = fma(t, p, F(-1.13520398));
  p = fma(t, p, F(0.27886807));
  p = fma(t, p, F(-0.18628806));
  p = fma(t, p, F(0.09678418));
  p = fma(t, p, F(0.37409196));
  p = fma(t, p, F(1.00002368));
  p = fma(t, p, F(-1.26551223));
  return t * exp(p - z * z);
}

// Φ(x), the normal distribution function.
fn normal_cdf(x: F) -> F {
  let tail = F(0.5) * erfc_positive(min(abs(x) * F(0.70710678), F(20.0)));
  return select(tail, F(1.0) - tail, x >= F(0.0));
}

// For |x| up to 88.
fn sigmoid(x: F) -> F {
  return F(1.0) / (F(1.0) + exp(-x));
}

// σ'(x) = e^-x σ², without the cancellation of σ (1 - σ). For |x| up to 88.
fn sigmoid_slope(x: F) -> F {
  let e = exp(-x);
  let s = F(1.0) / (F(1.0) + e);
  return e * s * s;
}

// (1 + tanh(u)) / 2 = σ(2u): WGSL allows tanh an absolute error of 1e-5, exp is held to a few ulp.
fn gelu_gate_argument(x: F) -> F {
  return F(1.5957691) * x * (F(1.0) + F(0.044715) * x * x);
}

// tanh to a few ulp: near 0, where 1 - 2 / (1 + e^2x) cancels, by Lambert's continued fraction cut after five terms.
fn hyperbolic_tangent(x: F) -> F {
  let u = x * x;
  let near = x * (F(945.0) + u * (F(105.0) + u)) / (F(945.0) + u * (F(420.0) + F(15.0) * u));
  // Times c above and below, which NaN comes through: its exp may be ∞.
  let y = bounded(abs(x), 20.0);
  let c = y + F(1.0);
  let far = F(1.0) - F(2.0) * c / (c + c * exp(F(2.0) * y));
  return select(select(far, -far, x < F(0.0)), near, abs(x) < F(0.6));
}

fn activate(x: F) -> F {
  if (ACTIVATION == 1u) {
    let z = at_least(x, -20.0);
    return z * normal_cdf(z);
  }
  if (ACTIVATION == 2u) {
    // x σ(z) as x / (1 + 2^(-z log₂ e)): one operation after the other is what software adapters spend here.
    let above = at_least(x, -10.0);
    let y = min(above, F(10.0));
    return above / (F(1.0) + exp2(y * (F(-2.3022082) - F(0.10294324) * y * y)));
  }
  if (ACTIVATION == 3u) { return select(x, F(0.0), x <= F(0.0)); }
  if (ACTIVATION == 4u) {
    let above = at_least(x, -87.0);
    return above / (F(1.0) + exp2(min(above, F(87.0)) * F(-1.442695)));
  }
  if (ACTIVATION == 5u) { return hyperbolic_tangent(x); }
  if (ACTIVATION == 6u) {
    let y = bounded(x, 84.0);
    let c = y + F(100.0); // as in hyperbolic_tangent
    return c / (c + c * exp(-y));
  }
  if (ACTIVATION == 7u) {
    let above = at_least(x, -51.0);
    return above / (F(1.0) + exp2(min(above, F(51.0)) * F(-2.4554669)));
  }
  return x;
}

// d activate(x) / dx
fn activate_slope(x: F) -> F {
  if (ACTIVATION == 1u) {
    // Φ(x) + x φ(x)
    let y = bounded(x, 20.0);
    return normal_cdf(y) + y * F(0.39894228) * exp(F(-0.5) * y * y);
  }
  if (ACTIVATION == 2u) {
    let y = bounded(x, 10.0);
    let z = gelu_gate_argument(y);
    return sigmoid(z) + y * sigmoid_slope(z) * F(1.5957691) * (F(1.0) + F(3.0 * 0.044715) * y * y);
  }
  if (ACTIVATION == 3u) { return select(F(1.0), F(0.0), x <= F(0.0)); }
  if (ACTIVATION == 4u) {
    let y = bounded(x, 87.0);
    return sigmoid(y) + y * sigmoid_slope(y);
  }
  // Even functions: of -|x| their e^-x would overflow. tanh'(x) = 4 σ'(2x).
  if (ACTIVATION == 5u) { return F(4.0) * sigmoid_slope(F(2.0) * bounded(abs(x), 43.0)); }
  if (ACTIVATION == 6u) { return sigmoid_slope(bounded(abs(x), 87.0)); }
  if (ACTIVATION == 7u) {
    let z = F(1.702) * bounded(x, 51.0);
    return sigmoid(z) + z * sigmoid_slope(z);
  }
  return F(1.0);
}
