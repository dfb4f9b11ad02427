// The delta rule for all rows of a chunk at once: y = solved (values - reads · state), by tiles; also written out.
// reads (B, N, chunks, chunk, W), solved (B, N, chunks, chunk, chunk), written (B, N, chunks, chunk, F).
@group(0) @binding(4) var<storage, read> reads: array<vec4f>;
@group(0) @binding(5) var<storage, read> solved: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> written: array<vec4f>;

fn correct(y: ptr<function, Output>, matrix: u32, first: u32, lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let line = matrix * sizes.chunk;
  var held: Output = Output();
  for (var d0 = 0u; d0 < sizes.packs * 4u; d0 += 32u) {
    workgroupBarrier();
    for (var e = lane; e < 256u; e += LANES) {
      right_tile[place(e / 8u, e % 8u)] = state_four(matrix, d0 + e / 8u, first + e % 8u);
    }
    for (var band = 0u; band < COLUMNS; band++) {
      if (band > 0u) { workgroupBarrier(); }
      for (var e = lane; e < 256u; e += LANES) {
        let pack = d0 / 4u + e % 8u;
        var four = vec4f();
        if (pack < sizes.packs) { four = reads[(line + band * 32u + e / 8u) * sizes.packs + pack]; }
        cross[place(e / 8u, e % 8u)] = four;
      }
      workgroupBarrier();
      accumulate(&held, band, 8u, lx, ly);
    }
  }
  var z: Output = Output();
  for (var part = 0u; part < COLUMNS; part++) {
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) {
      right_tile[place(ly * 4u + r, lx)] = (*y)[part * 4u + r] - held[part * 4u + r];
    }
    for (var band = part; band < COLUMNS; band++) {
      if (band > part) { workgroupBarrier(); }
      for (var e = lane; e < 256u; e += LANES) {
        cross[place(e / 8u, e % 8u)] = solved[(line + band * 32u + e / 8u) * (sizes.chunk / 4u) + part * 8u + e % 8u];
      }
      workgroupBarrier();
      accumulate(&z, band, 8u, lx, ly);
    }
  }
  for (var n = 0u; n < OWNED; n++) { (*y)[n] = z[n]; }
  for (var n = 0u; n < OWNED; n++) {
    let i = n / 4u * 32u + ly * 4u + n % 4u;
    if (first + lx < sizes.fours) { written[(line + i) * sizes.fours + first + lx] = z[n]; }
  }
}
