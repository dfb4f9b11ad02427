// y[b] = lengths[b] + rows. y (B); an invocation owns one, of n = B.
const LANES: u32 = 64;

struct Sizes { n: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> lengths: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  y[i] = lengths[i] + sizes.rows;
}
