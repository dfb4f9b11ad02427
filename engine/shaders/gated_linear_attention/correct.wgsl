// The delta rule for row i of a chunk, from the rows before it: its value less what the state holds for its key already,
// and less what the chunk's rows before it wrote. reads (B, N, chunks, chunk, W), near (B, N, chunks, chunk, chunk) -> written.
@group(0) @binding(4) var<storage, read> reads: array<vec4f>;
@group(0) @binding(5) var<storage, read> near: array<f32>;
@group(0) @binding(7) var<storage, read_write> written: array<vec4f>;

fn corrected(own: ptr<function, Own>, line: u32, i: u32, base: u32, value: vec4f, column: u32) -> vec4f {
  var y = value;
  for (var pack = 0u; pack < sizes.packs; pack++) {
    let r = reads[(line + i) * sizes.packs + pack];
    let at = base + pack * 4u * sizes.fours;
    y -= r.x * states[at] + r.y * states[at + sizes.fours];
    y -= r.z * states[at + 2u * sizes.fours] + r.w * states[at + 3u * sizes.fours];
  }
  for (var j = 0u; j < i; j++) { y -= near[(line + i) * sizes.chunk + j] * (*own)[j]; }
  written[(line + i) * sizes.fours + column] = y;
  return y;
}
