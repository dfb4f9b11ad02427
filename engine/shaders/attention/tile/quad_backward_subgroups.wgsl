enable subgroups;
// The products and sums that only the backward kernels need, as in quad_subgroups.wgsl.
fn products_b(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  let start = starts(at.rows, mine);
  var x = splat(vec4f());
  for (var i = 0u; i < sizes.w; i++) {
    let ya = four_b(row, at.lane, i, others);
    let yb = four_b(row + 4u, at.lane, i, others);
    let yc = four_b(row + 8u, at.lane, i, others);
    let yd = four_b(row + 12u, at.lane, i, others);
    x.a = add_inners(x.a, mine_b(start.x + i), ya, yb, yc, yd);
    x.b = add_inners(x.b, mine_b(start.y + i), ya, yb, yc, yd);
    x.c = add_inners(x.c, mine_b(start.z + i), ya, yb, yc, yd);
    x.d = add_inners(x.d, mine_b(start.w + i), ya, yb, yc, yd);
  }
  *to = x;
}

// o = keep o + p · streamed rows of A.
fn weigh_a(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  for (var i = 0u; i < sizes.w; i++) {
    let ya = four_a(row, at.lane, i, others);
    let yb = four_a(row + 4u, at.lane, i, others);
    let yc = four_a(row + 8u, at.lane, i, others);
    let yd = four_a(row + 12u, at.lane, i, others);
    (*o)[4u * i] = add_weighted((*o)[4u * i] * keep.x, p.a, ya, yb, yc, yd);
    (*o)[4u * i + 1u] = add_weighted((*o)[4u * i + 1u] * keep.y, p.b, ya, yb, yc, yd);
    (*o)[4u * i + 2u] = add_weighted((*o)[4u * i + 2u] * keep.z, p.c, ya, yb, yc, yd);
    (*o)[4u * i + 3u] = add_weighted((*o)[4u * i + 3u] * keep.w, p.d, ya, yb, yc, yd);
  }
}
