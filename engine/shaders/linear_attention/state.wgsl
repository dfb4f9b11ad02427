// What a chunk of streamed rows adds to the state of its key head: Σ_j left_jᵀ right_j, (X, Y), and with TOTAL in one
// more column Σ_j left_j. state (B, G, chunks, X, stride). A workgroup owns 32 of the X rows.
const TOTAL: bool = false;
@group(0) @binding(6) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let key_heads = sizes.heads / sizes.per_key;
  let b = group.z / key_heads;
  let key = group.z % key_heads;
  let first = group.y * 32u;
  let begin = group.x * sizes.chunk;
  let end = min(begin + sizes.chunk, streamed_rows(b));

  var o: Output;
  var total: Products;
  let tiles = (max(begin, end) - begin + 31u) / 32u;
  for (var n = 0u; n < sizes.streams * tiles; n++) {
    let share = n / tiles;
    let start = begin + n % tiles * 32u;
    workgroupBarrier();
    // Transposed: a row of cross is a column of left, an entry four streamed rows.
    for (var e = lane; e < 256u; e += LANES) {
      let i = first + e % 32u;
      let row = start + e / 32u * 4u;
      cross[place(e % 32u, e / 32u)] = vec4f(
        left_number(b, key, share, row, i, end), left_number(b, key, share, row + 1u, i, end),
        left_number(b, key, share, row + 2u, i, end), left_number(b, key, share, row + 3u, i, end),
      );
    }
    for (var c = 0u; c < COLUMNS; c++) {
      if (c * 32u >= sizes.y) { break; }
      if (c > 0u) { workgroupBarrier(); }
      for (var e = lane; e < 256u; e += LANES) {
        right_tile[place(e / 8u, e % 8u)] = right_four(b, key, share, start + e / 8u, c * 32u + e % 8u * 4u, end);
      }
      workgroupBarrier();
      accumulate(&o, c, (end - start + 3u) / 4u, lx, ly);
    }
    if (TOTAL) {
      for (var r = 0u; r < 4u; r++) { total[r] += cross[33u * ly + 8u * r + lx]; }
    }
  }
  workgroupBarrier();
  if (TOTAL) {
    for (var r = 0u; r < 4u; r++) { cross[33u * ly + 8u * r + lx] = total[r]; }
  }
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) {
    let d = first + ly * 4u + r;
    if (d >= sizes.x) { continue; }
    let to = ((group.z * sizes.chunks + group.x) * sizes.x + d) * sizes.stride;
    for (var c = 0u; c < COLUMNS; c++) {
      for (var n = 0u; n < 4u; n++) {
        let i = c * 32u + lx * 4u + n;
        if (i < sizes.y) { state[to + i] = o[c * 4u + r][n]; }
      }
    }
    if (TOTAL && lx == 0u) {
      var sum = vec4f();
      for (var n = 0u; n < 8u; n++) { sum += cross[33u * ly + 8u * r + n]; }
      state[to + sizes.y] = (sum.x + sum.y) + (sum.z + sum.w);
    }
  }
}
