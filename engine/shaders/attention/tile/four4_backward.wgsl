// four4.wgsl for operand B of the backward kernels. four1_backward.wgsl declares the same name. Link tile_outer_backward.
fn own_b_four(row: u32, i: u32, rows: Rows) -> vec4f {
  if (!EDGE) { return own_b(row, i, rows); }
  return select(vec4f(), own_b(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
