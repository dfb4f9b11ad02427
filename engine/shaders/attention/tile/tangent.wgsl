// tanh for soft-capped logits. WGSL's may err by 1e-5 and overflow in between; this errs by 2e-7 of its value. NaN passes
// comparisons, where min and sign may lose it.
fn tangent(x: vec4f) -> vec4f {
  let x2 = x * x;
  let small = x * (1.0 + x2 * (-0.333333333 + x2 * (0.133333333 + x2 * (-0.053968254 + x2 * (0.021869489 + x2 *
    (-0.0088632355 + x2 * (0.0035921280 + x2 * -0.0014558344)))))));
  let size = select(abs(x), vec4f(20.0), abs(x) > vec4f(20.0));
  let e = exp(2.0 * size);
  let most = (e - 1.0) / (e + 1.0); // and where exp(NaN) is ∞, this is NaN
  let large = select(most, -most, x < vec4f());
  return select(large, small, x2 < vec4f(0.16));
}
