// What a chunk's whole decay does to the state that it leaves, Σ_e state · its gradient, added to the parts of the chunk's
// last row. states and carried (B, N, chunks, W, F); parts (B, N, chunks, chunk, W). An invocation owns a number.
const LANES: u32 = 64;
struct Sizes { n: u32, chunk: u32, chunks: u32, width: u32, fours: u32 }
@group(0) @binding(0) var<storage, read> states: array<vec4f>;
@group(0) @binding(1) var<storage, read> carried: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let matrix = at / sizes.width;
  let d = at % sizes.width;
  if (matrix % sizes.chunks + 1u == sizes.chunks) { return; } // nothing reads the last one
  var sum = 0.0;
  for (var e = 0u; e < sizes.fours; e++) {
    sum += dot(states[((matrix + 1u) * sizes.width + d) * sizes.fours + e], carried[at * sizes.fours + e]);
  }
  parts[((matrix + 1u) * sizes.chunk - 1u) * sizes.width + d] += sum;
}
