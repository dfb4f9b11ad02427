// walk_columns.wgsl in reverse: carried (B, N, chunks, W, F) is the gradient of the state that a chunk leaves, 0 for the last.
// gradients (B, N, chunks, chunk, F) come in as what the chunk's own rows say of what was written, and leave as the
// gradients of values; pull (B, N, chunks, W, F) is what the chunk's rows say of the state that they met.
// Link log_decay*.wgsl and correct_back*.wgsl.
const LANES: u32 = 64;
const MOST: u32 = 64; // rows of a chunk at most
struct Sizes { chunk: u32, chunks: u32, width: u32, packs: u32, fours: u32 }
@group(0) @binding(0) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> carried: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> writes: array<vec4f>;
@group(0) @binding(7) var<storage, read> pull: array<vec4f>;
alias Own = array<vec4f, MOST>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var own: Own;
  let column = group.x * LANES + lane;
  if (column >= sizes.fours) { return; }
  let rows = sizes.packs * 4u;
  let end = (group.y + 1u) * sizes.chunks;
  for (var d = 0u; d < rows; d++) { carried[((end - 1u) * rows + d) * sizes.fours + column] = vec4f(); }
  for (var n = 0u; n < sizes.chunks; n++) {
    let matrix = end - 1u - n;
    let line = matrix * sizes.chunk;
    let base = matrix * rows * sizes.fours + column;
    for (var back = 0u; back < sizes.chunk; back++) {
      let i = sizes.chunk - 1u - back;
      var y = gradients[(line + i) * sizes.fours + column];
      for (var pack = 0u; pack < sizes.packs; pack++) {
        let w = writes[(line + i) * sizes.packs + pack];
        let at = base + pack * 4u * sizes.fours;
        y += w.x * carried[at] + w.y * carried[at + sizes.fours];
        y += w.z * carried[at + 2u * sizes.fours] + w.w * carried[at + 3u * sizes.fours];
      }
      own[i] = later_removed(&own, line, i, y);
      gradients[(line + i) * sizes.fours + column] = own[i];
    }
    if (n + 1u == sizes.chunks) { break; }
    let last = line + sizes.chunk - 1u;
    for (var d = 0u; d < rows; d++) {
      let at = base + d * sizes.fours;
      carried[at - rows * sizes.fours] =
        pull[at] + exp(log_decay(last, d, sizes.width)) * carried[at] - taken(&own, line, d);
    }
  }
}
