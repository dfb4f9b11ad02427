// Reads the right matrix four elements at a time: rows of the stored matrix have a multiple of four elements.
// Declares `right` like right_scalar.wgsl.
//   b (batch, K, N), or (batch, N, K) if TRANSPOSE_B
const TRANSPOSE_B: bool = false;
// Whether tiles may stick out of the matrix, so that indices must be clamped.
const EDGE_B: bool = true;
alias TB = f32;

@group(0) @binding(1) var<storage, read> b: array<vec4<TB>>;

// The stored elements [z][i][j .. j + 3]; j is a multiple of four. Past the edges it gives the nearest elements: past
// K the left matrix gives 0, and past N nothing is written.
fn right(z: u32, i: u32, j: u32) -> vec4f {
  let rows = select(sizes.k, sizes.n, TRANSPOSE_B);
  let quads = select(sizes.n, sizes.k, TRANSPOSE_B) / 4u;
  var row = i;
  var quad = j / 4u;
  if (EDGE_B) {
    row = min(row, rows - 1u);
    quad = min(quad, quads - 1u);
  }
  return vec4f(b[right_at(z, row, sizes.right_stride / 4u, quads) + quad]);
}
