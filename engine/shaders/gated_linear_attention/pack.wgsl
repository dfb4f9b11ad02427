// Rows of heads as one matrix a chunk, for plain products: x (B, T, ·) -> packed (B, N, chunks, shares · chunk, fours · 4),
// with zeros for rows and columns that do not exist. A row is multiplied by `scale`, with RATED by its β, and by what
// FADE says: 1 the decay since the chunk began, its own included; 2 the decay from it to the chunk's end; 0 nothing.
// An invocation owns four numbers. Link log_decay*.wgsl and rate*.wgsl.
alias X = f32;
const LANES: u32 = 64;
const FADE: u32 = 0;
struct Sizes {
  n: u32, t: u32, states: u32, chunk: u32, chunks: u32, shares: u32, heads: u32, width: u32, fours: u32, stride: u32,
  offset: u32, scale: f32,
}
@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let column = i % sizes.fours * 4u;
  let packed_row = i / sizes.fours;
  let row = packed_row % sizes.chunk;
  let share = packed_row / sizes.chunk % sizes.shares;
  let matrix = packed_row / (sizes.chunk * sizes.shares);
  let state = matrix / sizes.chunks;
  let b = state / sizes.states;
  let n = state % sizes.states;
  let t = matrix % sizes.chunks * sizes.chunk + row;
  // Heads of x serve states in order, several each or several states to a head.
  let head = (n * sizes.shares + share) * sizes.heads / (sizes.states * sizes.shares);
  var four = vec4f();
  if (t < sizes.t) {
    let at = (b * sizes.t + t) * sizes.stride + sizes.offset + head * sizes.width;
    let line = matrix * sizes.chunk;
    let factor = sizes.scale * rate(b, t, n);
    for (var c = 0u; c < 4u; c++) {
      let d = column + c;
      if (d >= sizes.width) { break; }
      var value = f32(x[at + d]) * factor;
      if (FADE == 1u) { value *= exp(log_decay(line + row, d, sizes.width)); }
      if (FADE == 2u) {
        value *= exp(log_decay(line + sizes.chunk - 1u, d, sizes.width) - log_decay(line + row, d, sizes.width));
      }
      four[c] = value;
    }
  }
  packed[i] = four;
}
