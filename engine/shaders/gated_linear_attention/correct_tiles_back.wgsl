// correct_tiles.wgsl in reverse: y = solvedᵀ y, then Σ_i reads_id y_i for 32 numbers of the state from d0 on.
@group(0) @binding(4) var<storage, read> reads: array<f32>;
@group(0) @binding(5) var<storage, read> solved: array<f32>;

// Four rows of column i of a matrix of `width` columns, from row `line` on.
fn solved_down(line: u32, i: u32) -> vec4f {
  let at = line * sizes.chunk + i;
  return vec4f(solved[at], solved[at + sizes.chunk], solved[at + 2u * sizes.chunk], solved[at + 3u * sizes.chunk]);
}
fn reads_down(line: u32, d: u32) -> vec4f {
  let width = sizes.packs * 4u;
  if (d >= width) { return vec4f(); }
  let at = line * width + d;
  return vec4f(reads[at], reads[at + width], reads[at + 2u * width], reads[at + 3u * width]);
}

fn remove_later(y: ptr<function, Output>, matrix: u32, lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let line = matrix * sizes.chunk;
  var z: Output = Output();
  for (var part = 0u; part < COLUMNS; part++) {
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) { right_tile[place(ly * 4u + r, lx)] = (*y)[part * 4u + r]; }
    for (var band = 0u; band <= part; band++) {
      if (band > 0u) { workgroupBarrier(); }
      for (var e = lane; e < 256u; e += LANES) {
        cross[place(e % 32u, e / 32u)] = solved_down(line + part * 32u + e / 32u * 4u, band * 32u + e % 32u);
      }
      workgroupBarrier();
      accumulate(&z, band, 8u, lx, ly);
    }
  }
  for (var n = 0u; n < OWNED; n++) { (*y)[n] = z[n]; }
}

fn take(o: ptr<function, Output>, y: ptr<function, Output>, line: u32, d0: u32, lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  for (var band = 0u; band < COLUMNS; band++) {
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) { right_tile[place(ly * 4u + r, lx)] = (*y)[band * 4u + r]; }
    for (var e = lane; e < 256u; e += LANES) {
      cross[place(e % 32u, e / 32u)] = reads_down(line + band * 32u + e / 32u * 4u, d0 + e % 32u);
    }
    workgroupBarrier();
    accumulate(o, 0u, 8u, lx, ly);
  }
}
