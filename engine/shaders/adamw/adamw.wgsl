// AdamW (Loshchilov and Hutter 2019) as PyTorch does it, with g the gradient times the clip scale:
//   p ← (1 - lr λ) p;  m ← β1 m + (1 - β1) g;  v ← β2 v + (1 - β2) g²;  p ← p - lr/c1 m / (√(v / c2) + ε)
// with c1 = 1 - β1^t, c2 = 1 - β2^t. The gradient becomes 0, for the next step to add to. A clip scale of 0 means that
// a gradient blew up: weights and moments stay. All f32, (N) of T; each invocation owns PER elements of T. Link lib/rate_same
// or lib/rate_each for `rateOf`, the learning rate.
const LANES: u32 = 64;
const PER: u32 = 1;
alias T = f32;

// rest1 = 1 - β1, rest2 = 1 - β2: computed on the host, because 1 - 0.999 in f32 is off by 1e-5
struct Sizes { n: u32, rest1: f32, rest2: f32, beta2: f32, epsilon: f32, decay: f32 }
@group(0) @binding(0) var<storage, read_write> weights: array<T>;
@group(0) @binding(1) var<storage, read_write> gradients: array<T>;
@group(0) @binding(2) var<storage, read_write> first: array<T>;
@group(0) @binding(3) var<storage, read_write> second: array<T>;
@group(0) @binding(4) var<storage, read> clip: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Read once: software adapters would read uniforms again for every element.
  let n = sizes.n;
  let rest1 = sizes.rest1;
  let rest2 = sizes.rest2;
  let beta2 = sizes.beta2;
  let epsilon = sizes.epsilon;
  let scale = clip[1];
  let decay = sizes.decay;
  let correction = now.correction1;
  let root = inverseSqrt(now.correction2);
  let base = (group.x + group.y * groups.x) * (LANES * PER) + lane;
  for (var j = 0u; j < PER; j++) {
    let i = base + j * LANES;
    if (i >= n) { continue; }
    let raw = gradients[i];
    gradients[i] = T();
    if (scale == 0.0) { continue; }
    let d = raw * scale;
    var m = first[i];
    m += rest1 * (d - m);
    let v = beta2 * second[i] + rest2 * (d * d);
    first[i] = m;
    second[i] = v;
    let lr = rateOf(i);
    weights[i] = (1.0 - lr * decay) * weights[i] - lr / correction * m / (sqrt(v) * root + epsilon);
  }
}
