// 4 × 4 blocks of the operands, whichever way they are stored; 0 past the edges (with GUARD).

// Column r of the result: a[row + r][k .. k + 3].
fn left_block(z: u32, row: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_A) {
    return transpose(mat4x4f(left(z, k, row), left(z, k + 1u, row), left(z, k + 2u, row), left(z, k + 3u, row)));
  }
  return mat4x4f(left(z, row, k), left(z, row + 1u, k), left(z, row + 2u, k), left(z, row + 3u, k));
}

// Column s of the result: b[k + s][column .. column + 3].
fn right_block(z: u32, k: u32, column: u32) -> mat4x4f {
  if (TRANSPOSE_B) {
    return transpose(mat4x4f(
      right(z, column, k), right(z, column + 1u, k), right(z, column + 2u, k), right(z, column + 3u, k)));
  }
  return mat4x4f(right(z, k, column), right(z, k + 1u, column), right(z, k + 2u, column), right(z, k + 3u, column));
}
