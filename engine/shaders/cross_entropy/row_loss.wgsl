// Loss of one row from its running maximum m, the sum s of exp(logit - m), and the sum of its logits:
//   nll = lse - logit[target],   loss = (1 - ε) nll + ε/V Σ_c (lse - logit[c]),   lse = m + log s
// Differences with m are taken first, because lse and a logit may both be large and close.
const SMOOTHING: bool = false;

// IGNORE_INDEX, the chosen ignore index and anything outside of the vocabulary count as "no target".
fn ignored(goal: u32) -> bool {
  return goal == sizes.ignore || goal >= sizes.v;
}

fn row_loss(most: f32, sum: f32, total: f32, at: f32) -> f32 {
  let spread = log(sum);
  var loss = (most - at) + spread;
  if (SMOOTHING) {
    let even = (most - total / f32(sizes.v)) + spread;
    loss = mix(loss, even, sizes.epsilon);
  }
  return loss;
}
