// The point-wise non-linearities and their derivatives, on f32 or, with F = vec4<f32>, on four at a time.
//   gelu       x Φ(x)                                   Hendrycks and Gimpel 2016
//   gelu_tanh  x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))   the same paper's approximation, GPT-2's
//   relu       max(x, 0)
//   silu       x σ(x)                                   Elfwing et al. 2017
// ACTIVATION is 0 for none; see activation.ts for the numbers.
const ACTIVATION: u32 = 1;
alias F = f32;

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
  let tail = F(0.5) * erfc_positive(abs(x) * F(0.70710678));
  return select(tail, F(1.0) - tail, x >= F(0.0));
}

fn sigmoid(x: F) -> F {
  return F(1.0) / (F(1.0) + exp(min(-x, F(80.0))));
}

// σ'(x) = e^-x σ², without the cancellation of σ (1 - σ).
fn sigmoid_slope(x: F) -> F {
  let e = exp(-clamp(x, F(-40.0), F(40.0)));
  let s = F(1.0) / (F(1.0) + e);
  return e * s * s;
}

// (1 + tanh(u)) / 2 = σ(2u): WGSL allows tanh an absolute error of 1e-5, exp is held to a few ulp.
fn gelu_gate_argument(x: F) -> F {
  return F(1.5957691) * x * (F(1.0) + F(0.044715) * x * x);
}

fn activate(x: F) -> F {
  if (ACTIVATION == 1u) { return x * normal_cdf(x); }
  if (ACTIVATION == 2u) {
    // x σ(z) as x / (1 + 2^(-z log₂ e)): one operation after the other is what software adapters spend here.
    return x / (F(1.0) + exp2(min(x * (F(-2.3022082) - F(0.10294324) * x * x), F(120.0))));
  }
  if (ACTIVATION == 3u) { return max(x, F(0.0)); }
  if (ACTIVATION == 4u) { return x / (F(1.0) + exp2(min(x * F(-1.442695), F(120.0)))); }
  return x;
}

// d activate(x) / dx
fn activate_slope(x: F) -> F {
  if (ACTIVATION == 1u) {
    // Φ(x) + x φ(x)
    return normal_cdf(x) + x * F(0.39894228) * exp(F(-0.5) * x * x);
  }
  if (ACTIVATION == 2u) {
    let z = gelu_gate_argument(x);
    return sigmoid(z) + x * sigmoid_slope(z) * F(1.5957691) * (F(1.0) + F(3.0 * 0.044715) * x * x);
  }
  if (ACTIVATION == 3u) { return select(F(0.0), F(1.0), x > F(0.0)); }
  if (ACTIVATION == 4u) { return sigmoid(x) + x * sigmoid_slope(x); }
  return F(1.0);
}
