// Gradients of log decays from those of their running sums: a row's is the sum from it to the chunk's end. parts
// (B, N, chunks, chunk, columns), of which `width` are in use -> dx (B, T, N · width). ADD: dx holds a gradient already.
// An invocation owns a column of a chunk.
alias DX = f32;
const LANES: u32 = 64;
const ADD: bool = false;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, width: u32, columns: u32 }
@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<DX>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = (group.x + group.y * groups.x) * LANES + lane;
  if (own >= sizes.n) { return; }
  let w = own % sizes.width;
  let matrix = own / sizes.width;
  let state = matrix / sizes.chunks;
  let start = matrix % sizes.chunks * sizes.chunk;
  var sum = 0.0;
  for (var back = 0u; back < sizes.chunk; back++) {
    let row = sizes.chunk - 1u - back;
    sum += parts[(matrix * sizes.chunk + row) * sizes.columns + w];
    let t = start + row;
    if (t >= sizes.t) { continue; }
    let at = ((state / sizes.states * sizes.t + t) * sizes.states + state % sizes.states) * sizes.width + w;
    if (ADD) { dx[at] = DX(f32(dx[at]) + sum); } else { dx[at] = DX(sum); }
  }
}
