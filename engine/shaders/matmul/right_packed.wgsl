// Reads the right matrix from packed weights, (N, K) if TRANSPOSE_B and (K, N) else: decodes four numbers at a time. Declares
// `right` like right_vec4.wgsl. Link with lib/packed_int8 or packed_int4.
const TRANSPOSE_B: bool = false;
// Whether tiles may stick out of the matrix, so that indices must be clamped.
const EDGE_B: bool = true;
alias PACKED = u32;

@group(0) @binding(1) var<storage, read> b: array<PACKED>;

fn word(at: u32) -> u32 {
  return b[at];
}

// The stored elements [i][j .. j + 3]; j is a multiple of four. Past the edges it gives other elements: past K the left
// matrix gives 0, and past N nothing is written.
fn right(z: u32, i: u32, j: u32) -> vec4f {
  let rows = select(sizes.k, sizes.n, TRANSPOSE_B);
  let inputs = select(sizes.n, sizes.k, TRANSPOSE_B);
  var row = i;
  var at = j;
  if (EDGE_B) {
    row = min(row, rows - 1u);
    at = min(at, (inputs - 1u) / 4u * 4u);
  }
  let codes = word(row * row_words(inputs) + at / CODES);
  return decoded(codes, at / 4u % (CODES / 4u)) * (group_scale(rows, inputs, row, at) * row_scale(rows, inputs, row));
}
