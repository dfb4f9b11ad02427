// y = f(a b + bias) + residual on a software adapter: a quad of four neighbouring invocations owns 32 × 64 outputs, all
// in registers, with no workgroup memory and no barrier. The widest tile: fewest loads for each multiply-add, which is
// what counts on SwiftShader (a load costs as much as 30 multiply-adds; see README.md).
// Invocation q of a quad owns columns 16 J + 4q + 0 … 3 in accumulators c (J = 0), d, e and f; column x of accumulator
// 4 I + r is row 16 I + 4 quarter(q, x) + r.
// Link with left_*, right_*, places, blocks, rows, out_* and epilogue_*.
const LANES: u32 = 4;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Quads are neighbours in a one-dimensional workgroup on the software adapters that this rung is for.
  let q = lane & 3u;
  let row = group.y * 32u;
  let column = (group.x * (LANES / 4u) + lane / 4u) * 64u + 4u * q;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c0 = mat4x4f(); var d0 = mat4x4f(); var e0 = mat4x4f(); var f0 = mat4x4f();
  var c1 = mat4x4f(); var d1 = mat4x4f(); var e1 = mat4x4f(); var f1 = mat4x4f();
  var c2 = mat4x4f(); var d2 = mat4x4f(); var e2 = mat4x4f(); var f2 = mat4x4f();
  var c3 = mat4x4f(); var d3 = mat4x4f(); var e3 = mat4x4f(); var f3 = mat4x4f();
  var c4 = mat4x4f(); var d4 = mat4x4f(); var e4 = mat4x4f(); var f4 = mat4x4f();
  var c5 = mat4x4f(); var d5 = mat4x4f(); var e5 = mat4x4f(); var f5 = mat4x4f();
  var c6 = mat4x4f(); var d6 = mat4x4f(); var e6 = mat4x4f(); var f6 = mat4x4f();
  var c7 = mat4x4f(); var d7 = mat4x4f(); var e7 = mat4x4f(); var f7 = mat4x4f();
  for (var k = range.x; k < range.y; k += 4u) {
    let b0 = right_block(z, k, column);
    let b1 = right_block(z, k, column + 16u);
    let b2 = right_block(z, k, column + 32u);
    let b3 = right_block(z, k, column + 48u);
    var rows = sixteen_rows(z, row, q, k);
    c0 += b0 * rows.r0; d0 += b1 * rows.r0; e0 += b2 * rows.r0; f0 += b3 * rows.r0;
    c1 += b0 * rows.r1; d1 += b1 * rows.r1; e1 += b2 * rows.r1; f1 += b3 * rows.r1;
    c2 += b0 * rows.r2; d2 += b1 * rows.r2; e2 += b2 * rows.r2; f2 += b3 * rows.r2;
    c3 += b0 * rows.r3; d3 += b1 * rows.r3; e3 += b2 * rows.r3; f3 += b3 * rows.r3;
    rows = sixteen_rows(z, row + 16u, q, k);
    c4 += b0 * rows.r0; d4 += b1 * rows.r0; e4 += b2 * rows.r0; f4 += b3 * rows.r0;
    c5 += b0 * rows.r1; d5 += b1 * rows.r1; e5 += b2 * rows.r1; f5 += b3 * rows.r1;
    c6 += b0 * rows.r2; d6 += b1 * rows.r2; e6 += b2 * rows.r2; f6 += b3 * rows.r2;
    c7 += b0 * rows.r3; d7 += b1 * rows.r3; e7 += b2 * rows.r3; f7 += b3 * rows.r3;
  }
  var results = array<mat4x4f, 32>(
    c0, d0, e0, f0,
    c1, d1, e1, f1,
    c2, d2, e2, f2,
    c3, d3, e3, f3,
    c4, d4, e4, f4,
    c5, d5, e5, f5,
    c6, d6, e6, f6,
    c7, d7, e7, f7);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 128u; i++) {
    let x = i % 4u;
    let J = i / 4u % 4u;
    let r = i / 16u;
    put(group.z, row + r / 4u * 16u + 4u * quarter(q, x) + r % 4u, column + 16u * J, results[i / 4u][x]);
  }
}
