// loss = Σ row_losses / count over the rows that have a target, and weight = 1 / count for the backward pass; both 0
// when no row has one. row_losses, targets (N). One workgroup, so that the order of the sum is fixed; link
// lib/reduce.wgsl.
struct Sizes { n: u32, v: u32, ignore: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> row_losses: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec2f();
  for (var i = lane; i < sizes.n; i += LANES) {
    if (!ignored(targets[i])) { own += vec2f(row_losses[i], 1.0); }
  }
  let sum = workgroup_sum2(own, lane);
  if (lane > 0u) { return; }
  let inverse = select(0.0, 1.0 / max(sum.y, 1.0), sum.y > 0.0);
  loss[0] = sum.x * inverse;
  weight[0] = inverse;
}
