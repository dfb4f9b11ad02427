// Four neighbouring columns of a product with packed weights (N, K): rows of these. For rungs that read them without `right`.
// Link with lib/packed_int8 or packed_int4.

// Columns past N are the last one, and nothing of them is written.
fn four_columns(column: u32) -> vec4u {
  return min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(sizes.n - 1u));
}

fn group_scales(columns: vec4u, k: u32) -> vec4f {
  return vec4f(
    group_scale(sizes.n, sizes.k, columns.x, k), group_scale(sizes.n, sizes.k, columns.y, k),
    group_scale(sizes.n, sizes.k, columns.z, k), group_scale(sizes.n, sizes.k, columns.w, k));
}

fn row_scales(columns: vec4u) -> vec4f {
  return vec4f(
    row_scale(sizes.n, sizes.k, columns.x), row_scale(sizes.n, sizes.k, columns.y),
    row_scale(sizes.n, sizes.k, columns.z), row_scale(sizes.n, sizes.k, columns.w));
}

// Four codes of each of four columns, column by column.
fn decoded_columns(codes: vec4u, part: u32) -> mat4x4f {
  return mat4x4f(decoded(codes.x, part), decoded(codes.y, part), decoded(codes.z, part), decoded(codes.w, part));
}
