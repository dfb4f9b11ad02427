// y = 0, so that rows no position holds have a gradient of zero. y (N) of T; PER elements an invocation.
const LANES: u32 = 64;
const PER: u32 = 1;
alias T = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let base = (group.x + group.y * groups.x) * (LANES * PER) + lane;
  for (var j = 0u; j < PER; j++) {
    let i = base + j * LANES;
    if (i < sizes.n) { y[i] = T(); }
  }
}
