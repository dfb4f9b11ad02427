// Running sums of log decays within each chunk: decay (B, T, N · w) -> sums (B, N, chunks · chunk, w), w 1 or D. Rows
// that do not exist fade nothing. An invocation owns a column of a chunk.
alias G = f32;
const LANES: u32 = 64;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, width: u32 }
@group(0) @binding(0) var<storage, read> decay: array<G>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let w = i % sizes.width;
  let matrix = i / sizes.width;
  let chunk = matrix % sizes.chunks;
  let state = matrix / sizes.chunks;
  let b = state / sizes.states;
  let column = state % sizes.states * sizes.width + w;
  var sum = 0.0;
  for (var row = 0u; row < sizes.chunk; row++) {
    let t = chunk * sizes.chunk + row;
    if (t < sizes.t) { sum += f32(decay[(b * sizes.t + t) * sizes.states * sizes.width + column]); }
    sums[(matrix * sizes.chunk + row) * sizes.width + w] = sum;
  }
}
