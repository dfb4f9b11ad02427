// walk_columns_back.wgsl for GPUs: a workgroup owns 32 columns of a state's gradient through all chunks, by tiles as in
// walk_tiles.wgsl. Link log_decay*.wgsl, correct_tiles_back*.wgsl and linear_attention/tile.wgsl.
struct Sizes { chunk: u32, chunks: u32, width: u32, packs: u32, fours: u32 }
@group(0) @binding(0) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> carried: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> writes: array<vec4f>;
@group(0) @binding(7) var<storage, read> pull: array<vec4f>;

fn carried_four(matrix: u32, d: u32, column: u32) -> vec4f {
  if (d < sizes.packs * 4u && column < sizes.fours) {
    return carried[(matrix * sizes.packs * 4u + d) * sizes.fours + column];
  }
  return vec4f();
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let first = group.x * 8u;
  let column = first + lx;
  let rows = sizes.packs * 4u;
  let end = (group.y + 1u) * sizes.chunks;
  for (var d = ly * 4u; d < rows; d += 32u) {
    for (var r = 0u; r < 4u; r++) {
      if (column < sizes.fours) { carried[((end - 1u) * rows + d + r) * sizes.fours + column] = vec4f(); }
    }
  }
  for (var n = 0u; n < sizes.chunks; n++) {
    storageBarrier();
    workgroupBarrier();
    let matrix = end - 1u - n;
    let line = matrix * sizes.chunk;
    var y: Output = Output();
    for (var m = 0u; m < OWNED; m++) {
      let i = m / 4u * 32u + ly * 4u + m % 4u;
      if (column < sizes.fours) { y[m] = gradients[(line + i) * sizes.fours + column]; }
    }
    for (var d0 = 0u; d0 < rows; d0 += 32u) {
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        right_tile[place(e / 8u, e % 8u)] = carried_four(matrix, d0 + e / 8u, first + e % 8u);
      }
      for (var band = 0u; band < COLUMNS; band++) {
        if (band > 0u) { workgroupBarrier(); }
        for (var e = lane; e < 256u; e += LANES) {
          let pack = d0 / 4u + e % 8u;
          var four = vec4f();
          if (pack < sizes.packs) { four = writes[(line + band * 32u + e / 8u) * sizes.packs + pack]; }
          cross[place(e / 8u, e % 8u)] = four;
        }
        workgroupBarrier();
        accumulate(&y, band, 8u, lx, ly);
      }
    }
    remove_later(&y, matrix, lane);
    for (var m = 0u; m < OWNED; m++) {
      let i = m / 4u * 32u + ly * 4u + m % 4u;
      if (column < sizes.fours) { gradients[(line + i) * sizes.fours + column] = y[m]; }
    }
    if (n + 1u == sizes.chunks) { break; }
    for (var d0 = 0u; d0 < rows; d0 += 32u) {
      var o: Output = Output();
      take(&o, &y, line, d0, lane);
      for (var r = 0u; r < 4u; r++) {
        let d = d0 + ly * 4u + r;
        if (d >= rows || column >= sizes.fours) { continue; }
        let at = (matrix * rows + d) * sizes.fours + column;
        let kept = exp(log_decay(line + sizes.chunk - 1u, d, sizes.width));
        carried[at - rows * sizes.fours] = pull[at] + kept * carried[at] - o[r];
      }
    }
  }
}
