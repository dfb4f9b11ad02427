// y = ‖m - I‖, the Frobenius norm. m (R, R) of T, n = R²; one workgroup, link lib/reduce.wgsl.
alias T = f32;

struct Sizes { n: u32, rank: u32 }
@group(0) @binding(0) var<storage, read> m: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = 0.0;
  for (var i = lane; i < sizes.n; i += LANES) {
    let d = f32(m[i]) - select(0.0, 1.0, i / sizes.rank == i % sizes.rank);
    own += d * d;
  }
  let squares = workgroup_sum(own, lane);
  if (lane == 0u) { y[0] = sqrt(squares); }
}
