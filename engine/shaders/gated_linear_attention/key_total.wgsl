// A key's gradient, in place: what it writes and is read by (`later`) and β times what it corrects by (`before`), both
// (B, N, chunks, chunk, W). An invocation owns four numbers. Link packed_rate.wgsl and rate.wgsl.
const LANES: u32 = 64;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, fours: u32 }
@group(0) @binding(0) var<storage, read_write> later: array<vec4f>;
@group(0) @binding(1) var<storage, read> before: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let row = at / sizes.fours;
  later[at] += packed_rate(row / sizes.chunk, row % sizes.chunk) * before[at];
}
