// Reads the left matrix four elements at a time: rows of the stored matrix have a multiple of four elements.
// Declares `left` like left_scalar.wgsl.
//   a (batch, M, K), or (batch, K, M) if TRANSPOSE_A
const TRANSPOSE_A: bool = false;
// Whether k may run past K: there the elements are 0, so that what stands beside them does not count.
const GUARD: bool = true;
// Whether tiles may stick out of the matrix, so that indices must be clamped.
const EDGE_A: bool = true;
alias TA = f32;

@group(0) @binding(0) var<storage, read> a: array<vec4<TA>>;

// The stored elements [z][i][j .. j + 3]; j is a multiple of four. Past M it gives some element of the matrix.
fn left(z: u32, i: u32, j: u32) -> vec4f {
  let rows = select(sizes.m, sizes.k, TRANSPOSE_A);
  let quads = select(sizes.k, sizes.m, TRANSPOSE_A) / 4u;
  var row = i;
  var quad = j / 4u;
  if (EDGE_A) {
    row = min(row, rows - 1u);
    quad = min(quad, quads - 1u);
  }
  let value = vec4f(a[left_at(z, row, sizes.left_stride / 4u, quads) + quad]);
  if (GUARD) { return select(vec4f(), value, select(j, i, TRANSPOSE_A) < sizes.k); }
  return value;
}
