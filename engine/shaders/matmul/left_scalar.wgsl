// Reads the left matrix element by element: for rows of any length. Declares `left` like left_vec4.wgsl.
//   a (batch, M, K), or (batch, K, M) if TRANSPOSE_A
const TRANSPOSE_A: bool = false;
// Whether k may run past K: there the elements are 0, so that what stands beside them does not count.
const GUARD: bool = true;
// Whether tiles may stick out of the matrix, so that indices must be clamped.
const EDGE_A: bool = true;
alias TA = f32;

@group(0) @binding(0) var<storage, read> a: array<TA>;

// The stored elements [z][i][j .. j + 3]. Past M it gives some element of the matrix.
fn left(z: u32, i: u32, j: u32) -> vec4f {
  let rows = select(sizes.m, sizes.k, TRANSPOSE_A);
  let columns = select(sizes.k, sizes.m, TRANSPOSE_A);
  let js = vec4u(j, j + 1u, j + 2u, j + 3u);
  var row = i;
  var at = js;
  if (EDGE_A) {
    row = min(row, rows - 1u);
    at = min(at, vec4u(columns - 1u));
  }
  at += vec4u(left_at(z, row, sizes.left_stride, columns));
  let value = vec4f(f32(a[at.x]), f32(a[at.y]), f32(a[at.z]), f32(a[at.w]));
  if (GUARD) { return select(vec4f(), value, select(js, vec4u(i), TRANSPOSE_A) < vec4u(sizes.k)); }
  return value;
}
