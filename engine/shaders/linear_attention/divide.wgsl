// out (N, E) = the first E columns of sums (N, E + 1) by the last + ε. An invocation owns a number.
const LANES: u32 = 64;
alias Y = f32;

struct DivideSizes { n: u32, width: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<Y>;
@group(0) @binding(2) var<uniform> sizes: DivideSizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let row = i / sizes.width * (sizes.width + 1u);
  out[i] = Y(sums[row + i % sizes.width] / (sums[row + sizes.width] + sizes.epsilon));
}
