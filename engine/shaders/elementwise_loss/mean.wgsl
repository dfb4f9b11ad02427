// loss = Σ w loss(x, t) / Σ w, and inverse = 1 / Σ w for the backward pass; both 0 where nothing has a weight. sums (N) of
// partial.wgsl; one workgroup. Link lib/reduce.wgsl.
struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> sums: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> loss: array<f32>;
@group(0) @binding(2) var<storage, read_write> inverse: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec2f();
  for (var i = lane; i < sizes.n; i += LANES) { own += sums[i]; }
  let sum = workgroup_sum2(own, lane);
  if (lane > 0u) { return; }
  if (sum.y == 0.0) {
    loss[0] = 0.0;
    inverse[0] = 0.0;
  } else {
    loss[0] = sum.x / sum.y;
    inverse[0] = 1.0 / sum.y;
  }
}
