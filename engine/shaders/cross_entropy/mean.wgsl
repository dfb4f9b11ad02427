// loss = Σ row_losses / Σ w[target] over the rows that have a target, which without weights is their count, and what
// the backward pass wants: weight = (1 / Σ w[target], Σ_c w[c]). Loss and the former are 0 where no row has a target, or
// none that counts. row_losses, targets (N). One workgroup, so that the order of the sum is fixed, in
// stretches, because long sums lose digits. Link lib/reduce.wgsl.
const STRETCH: u32 = 64; // rows that an invocation sums up by themselves
struct Sizes { n: u32, v: u32, ignore: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> row_losses: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec2f();
  for (var first = lane; first < sizes.n; first += LANES * STRETCH) {
    var part = vec2f();
    for (var i = first; i < min(first + LANES * STRETCH, sizes.n); i += LANES) {
      let goal = targets[i];
      let counts = select(class_weight(goal), 0.0, ignored(goal));
      part += vec2f(row_losses[i], counts); // losses of ignored rows are 0
    }
    own += part;
  }
  let sum = workgroup_sum2(own, lane);
  var all = 0.0;
  if (SMOOTHING && WEIGHTED) {
    for (var c = lane; c < sizes.v; c += LANES) { all += class_weight(c); }
    all = workgroup_sum(all, lane);
  }
  if (lane > 0u) { return; }
  let inverse = select(0.0, 1.0 / select(1.0, sum.y, sum.y > 0.0), sum.y > 0.0);
  loss[0] = sum.x * inverse;
  weight[0] = inverse;
  weight[1] = all;
}
