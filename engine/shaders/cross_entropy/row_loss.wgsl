// Loss of one row from its largest logit m, l = log Σ exp(logit - m), and the sum of all its logit - m:
//   nll = lse - logit[target],   loss = (1 - ε) w[target] nll + ε/V Σ_c w[c] (lse - logit[c]),   lse = m + l
// with the classes' weights w, for which link equal_weights.wgsl or class_weights.wgsl.
// Differences with m are taken first, because lse and a logit may both be large and close. What is not finite goes on: a
// target at -∞ costs +∞, and a row without any number (all -∞) NaN, given as bits because WGSL need not know log 0.
const SMOOTHING: bool = false;

// IGNORE_INDEX, the chosen ignore index and anything outside of the vocabulary count as "no target".
fn ignored(goal: u32) -> bool {
  return goal == sizes.ignore || goal >= sizes.v;
}

fn log_sum(sum: f32) -> f32 {
  let nan = bitcast<f32>(0x7fc00000u + sizes.v); // no constant: those must be numbers
  return select(log(sum), nan, sum == 0.0);
}

// With weights, total is Σ_c w[c] (l - (logit[c] - m)), see weighted_total.
fn row_loss(most: f32, spread: f32, total: f32, at: f32, goal: u32) -> f32 {
  var loss = ((most - at) + spread) * class_weight(goal);
  if (SMOOTHING) {
    let even = select(spread - total / f32(sizes.v), total / f32(sizes.v), WEIGHTED);
    loss = (1.0 - sizes.epsilon) * loss + sizes.epsilon * even; // mix may take a difference of infinities
  }
  return loss;
}
