// States from chunk to chunk, where lanes that wait for each other cost more than numbers: S' = decay S + writesᵀ written,
// values (B, N, chunks, chunk, F) -> states (B, N, chunks, W, F), each as the chunk meets it; the first is 0. Columns of a state
// never meet, so that an invocation owns four of them through all chunks, without a barrier.
// Link log_decay*.wgsl and correct*.wgsl.
const LANES: u32 = 64;
const MOST: u32 = 64; // rows of a chunk at most
struct Sizes { chunk: u32, chunks: u32, width: u32, packs: u32, fours: u32 }
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> states: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> writes: array<vec4f>;
alias Own = array<vec4f, MOST>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var own: Own;
  let column = group.x * LANES + lane;
  if (column >= sizes.fours) { return; }
  let rows = sizes.packs * 4u;
  for (var d = 0u; d < rows; d++) { states[(group.y * sizes.chunks * rows + d) * sizes.fours + column] = vec4f(); }
  for (var chunk = 0u; chunk < sizes.chunks; chunk++) {
    let matrix = group.y * sizes.chunks + chunk;
    let line = matrix * sizes.chunk;
    let base = matrix * rows * sizes.fours + column;
    for (var i = 0u; i < sizes.chunk; i++) {
      own[i] = corrected(&own, line, i, base, values[(line + i) * sizes.fours + column], column);
    }
    if (chunk + 1u == sizes.chunks) { break; }
    let next = base + rows * sizes.fours;
    for (var pack = 0u; pack < sizes.packs; pack++) {
      var a = vec4f();
      var b = vec4f();
      var c = vec4f();
      var e = vec4f();
      for (var i = 0u; i < sizes.chunk; i++) {
        let w = writes[(line + i) * sizes.packs + pack];
        a += w.x * own[i];
        b += w.y * own[i];
        c += w.z * own[i];
        e += w.w * own[i];
      }
      let at = pack * 4u * sizes.fours;
      let last = line + sizes.chunk - 1u;
      states[next + at] = a + exp(log_decay(last, pack * 4u, sizes.width)) * states[base + at];
      states[next + at + sizes.fours] =
        b + exp(log_decay(last, pack * 4u + 1u, sizes.width)) * states[base + at + sizes.fours];
      states[next + at + 2u * sizes.fours] =
        c + exp(log_decay(last, pack * 4u + 2u, sizes.width)) * states[base + at + 2u * sizes.fours];
      states[next + at + 3u * sizes.fours] =
        e + exp(log_decay(last, pack * 4u + 3u, sizes.width)) * states[base + at + 3u * sizes.fours];
    }
  }
}
