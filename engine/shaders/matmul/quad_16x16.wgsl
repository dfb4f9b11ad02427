// y = f(a b + bias) + residual on a software adapter: a quad of four neighbouring invocations owns 16 × 16 outputs, all
// in registers. Like quad_32x64.wgsl, for small outputs and for lavapipe, whose compiler is slow on larger tiles.
// Invocation q of a quad owns columns 4q + 0 … 3; column x of accumulator r is row 4 quarter(q, x) + r.
// Link with left_*, right_*, places, blocks, rows, out_* and epilogue_*.
const LANES: u32 = 4;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  // Quads are neighbours in a one-dimensional workgroup on the software adapters that this rung is for.
  let q = lane & 3u;
  let row = group.y * 16u;
  let column = (group.x * (LANES / 4u) + lane / 4u) * 16u + 4u * q;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c0 = mat4x4f(); var c1 = mat4x4f(); var c2 = mat4x4f(); var c3 = mat4x4f();
  for (var k = range.x; k < range.y; k += 4u) {
    let b = right_block(z, k, column);
    let rows = sixteen_rows(z, row, q, k);
    c0 += b * rows.r0;
    c1 += b * rows.r1;
    c2 += b * rows.r2;
    c3 += b * rows.r3;
  }
  var results = array<mat4x4f, 4>(c0, c1, c2, c3);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 16u; i++) {
    let x = i % 4u;
        put(group.z, row + 4u * quarter(q, x) + i / 4u, column, results[i / 4u][x]);
  }
}
