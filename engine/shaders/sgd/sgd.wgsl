// Stochastic gradient descent as PyTorch does it, without momentum:
//   p ← p - lr (g + λ p),  g being the gradient times the clip scale.
// The gradient becomes 0, for the next step to add to. A clip scale of 0 means that a gradient blew up: weights stay. All
// f32, (N) of T; each invocation owns PER elements of T. Link graph/step, lib/rate_same or lib/rate_each, and lib/elementwise.
alias T = f32;

struct Sizes { n: u32, decay: f32 }
@group(0) @binding(0) var<storage, read_write> weights: array<T>;
@group(0) @binding(1) var<storage, read_write> gradients: array<T>;
@group(0) @binding(2) var<storage, read> clip: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let raw = gradients[i];
  gradients[i] = T();
  if (clip[1] == 0.0) { return; }
  let p = weights[i];
  weights[i] = p - rateOf(i) * (raw * clip[1] + sizes.decay * p);
}
