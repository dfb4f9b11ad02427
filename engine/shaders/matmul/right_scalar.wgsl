// Reads the right matrix element by element: for rows of any length. Declares `right` like right_vec4.wgsl.
//   b (batch, K, N), or (batch, N, K) if TRANSPOSE_B
const TRANSPOSE_B: bool = false;
// Whether tiles may stick out of the matrix, so that indices must be clamped.
const EDGE_B: bool = true;
alias TB = f32;

@group(0) @binding(1) var<storage, read> b: array<TB>;

// The stored elements [z][i][j .. j + 3]. Past the edges it gives the nearest elements: past K the left matrix gives
// 0, and past N nothing is written.
fn right(z: u32, i: u32, j: u32) -> vec4f {
  let rows = select(sizes.k, sizes.n, TRANSPOSE_B);
  let columns = select(sizes.n, sizes.k, TRANSPOSE_B);
  var row = i;
  var at = vec4u(j, j + 1u, j + 2u, j + 3u);
  if (EDGE_B) {
    row = min(row, rows - 1u);
    at = min(at, vec4u(columns - 1u));
  }
  at += vec4u(right_at(z, row, sizes.right_stride, columns));
  return vec4f(f32(b[at.x]), f32(b[at.y]), f32(b[at.z]), f32(b[at.w]));
}
