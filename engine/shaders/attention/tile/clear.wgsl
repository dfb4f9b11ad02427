// x = 0, for gradients of which later kernels write only a part. An invocation clears one number.
const LANES: u32 = 64;
alias T = f32;
struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read_write> x: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  if (e < sizes.n) { x[e] = T(0.0); }
}
