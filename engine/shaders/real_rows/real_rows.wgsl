// y[b] = the run's `length`, of `rows` at most; all where it is 0. y (B); an invocation owns one, of n = B. Link graph/step.wgsl.
const LANES: u32 = 64;

struct Sizes { n: u32, rows: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  y[i] = select(min(now.length, sizes.rows), sizes.rows, now.length == 0u);
}
