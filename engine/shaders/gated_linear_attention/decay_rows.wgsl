// What all numbers of a key say of the one decay of its head: parts (rows, W) -> sums (rows). An invocation owns a row.
const LANES: u32 = 64;
struct Sizes { n: u32, fours: u32 }
@group(0) @binding(0) var<storage, read> parts: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  var sum = vec4f();
  for (var d = 0u; d < sizes.fours; d++) { sum += parts[row * sizes.fours + d]; }
  sums[row] = (sum.x + sum.y) + (sum.z + sum.w);
}
