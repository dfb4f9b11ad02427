// Leaky ReLU, x or slope x below 0, and ELU, x or slope (e^x - 1) below 0, with their derivatives, for
// activation/forward.wgsl and backward.wgsl, on f32 or on four at a time. What is not finite goes on: ELU of -∞ is -slope.
const SMOOTH: bool = false;
const SLOPE: f32 = 0.01;
alias F = f32;

// e^x - 1 for x ≤ 0: near 0, where the difference cancels, by its series.
fn less_one(x: F) -> F {
  let near = x * (F(1.0) + x * (F(0.5) + x * (F(0.16666667) + x * (F(0.041666668) + x * (F(0.008333334) +
    x * F(0.0013888889))))));
  return select(exp(x) - F(1.0), near, x > F(-0.25));
}

fn activate(x: F) -> F {
  let below = select(F(), x, x < F()); // so that exp never overflows
  if (SMOOTH) { return select(x, SLOPE * less_one(below), x < F()); }
  return select(x, SLOPE * x, x < F());
}

fn activate_slope(x: F) -> F {
  // NaN gives NaN, which no comparison lets through.
  let above = select(x, F(1.0), x > F());
  if (SMOOTH) { return select(above, SLOPE * exp(select(F(), x, x <= F())), x <= F()); }
  return select(above, F(SLOPE), x <= F());
}
