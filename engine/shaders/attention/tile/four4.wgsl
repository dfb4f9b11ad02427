// Four numbers of a head's row at a time, 0 past its end: an F of pack4.wgsl. four1.wgsl declares the same names for any width.
// Link rows, pack4 and a main file with `put`.

// How many fours a row takes.
fn fours() -> u32 { return sizes.w; }
// Loads are not put off by a condition, so that many can be under way.
fn own_four(row: u32, i: u32, rows: Rows) -> vec4f {
  if (!EDGE) { return own_a(row, i, rows); }
  return select(vec4f(), own_a(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn other_four(row: u32, i: u32, rows: Rows) -> vec4f {
  if (!EDGE) { return other_a(row, i, rows); }
  return select(vec4f(), other_a(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn b_four(row: u32, i: u32, rows: Rows) -> vec4f {
  if (!EDGE) { return b_at(row, i, rows); }
  return select(vec4f(), b_at(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
// The i-th four of the row that begins at `to`.
fn put_four(to: u32, i: u32, x: vec4f) {
  if (i < sizes.w) { put(to + i, x); }
}
