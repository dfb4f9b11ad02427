// y[i] = 1 where at least drop[0] scores are smaller than scores[i], else 0: all but the drop[0] smallest, and of those that equal the
// largest of these none. scores, y (N); an invocation owns one.
const LANES: u32 = 64;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> scores: array<f32>;
@group(0) @binding(1) var<storage, read> drop: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let own = scores[i];
  var smaller = 0u;
  for (var j = 0u; j < sizes.n; j++) { smaller += select(0u, 1u, scores[j] < own); }
  y[i] = select(0.0, 1.0, smaller >= drop[0]);
}
