// walk_columns.wgsl for GPUs: a workgroup owns 32 columns of a state through all chunks, and multiplies tiles of 32×32 in
// workgroup memory, lanes as in linear_attention/tile.wgsl, whose COLUMNS are here the blocks of 32 rows of a chunk.
// A lane writes the same numbers of every state, those that it needs of the one before.
// Link log_decay*.wgsl, correct_tiles*.wgsl and linear_attention/tile.wgsl.
struct Sizes { chunk: u32, chunks: u32, width: u32, packs: u32, fours: u32 }
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> states: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> writes: array<f32>;

// Row d0 + e / 8 of the state of `matrix`, and four of its columns.
fn state_four(matrix: u32, d: u32, column: u32) -> vec4f {
  if (d < sizes.packs * 4u && column < sizes.fours) {
    return states[(matrix * sizes.packs * 4u + d) * sizes.fours + column];
  }
  return vec4f();
}
// Four rows of column d of a matrix (chunk, W), from row `line` on.
fn writes_down(line: u32, d: u32) -> vec4f {
  let width = sizes.packs * 4u;
  if (d >= width) { return vec4f(); }
  let at = line * width + d;
  return vec4f(writes[at], writes[at + width], writes[at + 2u * width], writes[at + 3u * width]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let column = group.x * 8u + lx;
  let rows = sizes.packs * 4u;
  for (var d = ly * 4u; d < rows; d += 32u) {
    for (var r = 0u; r < 4u; r++) {
      if (column < sizes.fours) { states[(group.y * sizes.chunks * rows + d + r) * sizes.fours + column] = vec4f(); }
    }
  }
  for (var chunk = 0u; chunk < sizes.chunks; chunk++) {
    storageBarrier();
    workgroupBarrier();
    let matrix = group.y * sizes.chunks + chunk;
    let line = matrix * sizes.chunk;
    var y: Output = Output();
    for (var n = 0u; n < OWNED; n++) {
      let i = n / 4u * 32u + ly * 4u + n % 4u;
      if (column < sizes.fours) { y[n] = values[(line + i) * sizes.fours + column]; }
    }
    correct(&y, matrix, group.x * 8u, lane);
    if (chunk + 1u == sizes.chunks) { break; }
    for (var d0 = 0u; d0 < rows; d0 += 32u) {
      var o: Output = Output();
      for (var band = 0u; band < COLUMNS; band++) {
        workgroupBarrier();
        for (var r = 0u; r < 4u; r++) { right_tile[place(ly * 4u + r, lx)] = y[band * 4u + r]; }
        for (var e = lane; e < 256u; e += LANES) {
          cross[place(e % 32u, e / 32u)] = writes_down(line + band * 32u + e / 32u * 4u, d0 + e % 32u);
        }
        workgroupBarrier();
        accumulate(&o, 0u, 8u, lx, ly);
      }
      for (var r = 0u; r < 4u; r++) {
        let d = d0 + ly * 4u + r;
        if (d >= rows || column >= sizes.fours) { continue; }
        let kept = exp(log_decay(line + sizes.chunk - 1u, d, sizes.width));
        states[((matrix + 1u) * rows + d) * sizes.fours + column] = o[r] + kept * state_four(matrix, d, column);
      }
    }
  }
}
