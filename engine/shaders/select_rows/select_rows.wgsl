// y[b] = x[b, length_of(b) - 1]: the last real row of each padded prompt. x (B, T, C), y (B, C) of T; c counts T.
// An invocation owns one element of y, of n = B C. Link length_shared.wgsl or length_own.wgsl.
const LANES: u32 = 64;
alias T = f32;

struct Sizes { n: u32, c: u32, time: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let b = i / sizes.c;
  let row = clamp(length_of(b), 1u, sizes.time) - 1u;
  y[i] = x[(b * sizes.time + row) * sizes.c + i % sizes.c];
}
