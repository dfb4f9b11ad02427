// The functions of four4.wgsl for heads whose width 4 does not divide. Link rows, pack1 and a main file with `put`.
fn fours() -> u32 { return (sizes.w + 3u) / 4u; }

fn own_one(row: u32, i: u32, rows: Rows) -> f32 {
  return select(0.0, own_a(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn own_four(row: u32, i: u32, rows: Rows) -> vec4f {
  let c = 4u * i;
  return vec4f(own_one(row, c, rows), own_one(row, c + 1u, rows), own_one(row, c + 2u, rows), own_one(row, c + 3u, rows));
}

fn other_one(row: u32, i: u32, rows: Rows) -> f32 {
  return select(0.0, other_a(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn other_four(row: u32, i: u32, rows: Rows) -> vec4f {
  let c = 4u * i;
  return vec4f(
    other_one(row, c, rows), other_one(row, c + 1u, rows), other_one(row, c + 2u, rows), other_one(row, c + 3u, rows));
}

fn b_one(row: u32, i: u32, rows: Rows) -> f32 {
  return select(0.0, b_at(row, min(i, sizes.w - 1u), rows), i < sizes.w);
}
fn b_four(row: u32, i: u32, rows: Rows) -> vec4f {
  let c = 4u * i;
  return vec4f(b_one(row, c, rows), b_one(row, c + 1u, rows), b_one(row, c + 2u, rows), b_one(row, c + 3u, rows));
}

fn put_four(to: u32, i: u32, x: vec4f) {
  for (var n = 0u; n < 4u; n++) {
    if (4u * i + n < sizes.w) { put(to + 4u * i + n, x[n]); }
  }
}
