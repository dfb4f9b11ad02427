// tanh by exp, which is held to a few ulp: WGSL allows tanh itself an absolute error of 1e-5. Never overflows; NaN passes
// comparisons, where min and max may lose it.
fn squash(x: f32) -> f32 {
  let low = select(x, -40.0, x < -40.0);
  let e = exp(2.0 * select(low, 40.0, low > 40.0));
  return (e - 1.0) / (e + 1.0); // and where exp(NaN) is ∞, this is NaN
}
