// sgd.wgsl with momentum μ, the share of the gradient 1 - dampening (1 in the first step) coming as correction1:
//   d = g + λ p;  m ← μ m + correction1 d;  p ← p - lr m,  or with NESTEROV  p ← p - lr (d + μ m).
const NESTEROV: bool = false;
alias T = f32;

struct Sizes { n: u32, decay: f32, momentum: f32 }
@group(0) @binding(0) var<storage, read_write> weights: array<T>;
@group(0) @binding(1) var<storage, read_write> gradients: array<T>;
@group(0) @binding(2) var<storage, read_write> first: array<T>;
@group(0) @binding(3) var<storage, read> clip: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let raw = gradients[i];
  gradients[i] = T();
  if (clip[1] == 0.0) { return; }
  let p = weights[i];
  let d = raw * clip[1] + sizes.decay * p;
  let m = sizes.momentum * first[i] + now.correction1 * d;
  first[i] = m;
  weights[i] = p - rateOf(i) * select(m, d + sizes.momentum * m, NESTEROV);
}
