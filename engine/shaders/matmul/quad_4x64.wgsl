// y = f(a b + bias) + residual on a software adapter, for two to four rows: a quad of four neighbouring invocations owns
// 4 × 64 outputs. Like quad_32x64.wgsl. Invocation q of a quad owns columns 16 J + 4q + 0 … 3 in accumulators c (J = 0),
// d, e and f, whose column x is row quarter(q, x).
// Link with left_*, right_*, places, blocks, rows, out_* and epilogue_*.
const LANES: u32 = 4;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Quads are neighbours in a one-dimensional workgroup on the software adapters that this rung is for.
  let q = lane & 3u;
  let row = group.y * 4u;
  let column = (group.x * (LANES / 4u) + lane / 4u) * 64u + 4u * q;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c = mat4x4f(); var d = mat4x4f(); var e = mat4x4f(); var f = mat4x4f();
  for (var k = range.x; k < range.y; k += 4u) {
    let b0 = right_block(z, k, column);
    let b1 = right_block(z, k, column + 16u);
    let b2 = right_block(z, k, column + 32u);
    let b3 = right_block(z, k, column + 48u);
    let rows = four_rows(z, row, q, k);
    c += b0 * rows; d += b1 * rows; e += b2 * rows; f += b3 * rows;
  }
  var results = array<mat4x4f, 4>(c, d, e, f);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 16u; i++) {
    let x = i % 4u;
    let J = i / 4u % 4u;
    put(group.z, row + quarter(q, x), column + 16u * J, results[i / 4u][x]);
  }
}
