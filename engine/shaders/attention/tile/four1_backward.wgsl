// four4_backward.wgsl for heads whose width 4 does not divide.
fn own_b_one(row: u32, i: u32, rows: Rows) -> f32 {
  return select(0.0, own_b(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn own_b_four(row: u32, i: u32, rows: Rows) -> vec4f {
  let c = 4u * i;
  return vec4f(
    own_b_one(row, c, rows), own_b_one(row, c + 1u, rows), own_b_one(row, c + 2u, rows), own_b_one(row, c + 3u, rows));
}
