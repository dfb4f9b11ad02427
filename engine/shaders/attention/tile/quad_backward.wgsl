// The products and sums that only the backward kernels need, as in quad.wgsl.
fn products_b(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  let start = starts(at.rows, mine);
  for (var e = 0u; e < quarters(); e++) {
    var x = Strip();
    for (var i = 0u; i < sizes.w; i++) {
      let y = four_b(row + 4u * e, at.lane, i, others);
      x.a += inners(mine_b(start.x + i), y);
      x.b += inners(mine_b(start.y + i), y);
      x.c += inners(mine_b(start.z + i), y);
      x.d += inners(mine_b(start.w + i), y);
    }
    set_quarter(to, e, x);
  }
}

// o = keep o + p · streamed rows of A.
fn weigh_a(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  var before = keep;
  for (var e = 0u; e < quarters(); e++) {
    let four = Strip(quarter(p.a, e), quarter(p.b, e), quarter(p.c, e), quarter(p.d, e));
    for (var i = 0u; i < sizes.w; i++) {
      let y = four_a(row + 4u * e, at.lane, i, others);
      (*o)[4u * i] = (*o)[4u * i] * before.x + weighted(y, four.a);
      (*o)[4u * i + 1u] = (*o)[4u * i + 1u] * before.y + weighted(y, four.b);
      (*o)[4u * i + 2u] = (*o)[4u * i + 2u] * before.z + weighted(y, four.c);
      (*o)[4u * i + 3u] = (*o)[4u * i + 3u] * before.w + weighted(y, four.d);
    }
    before = vec4f(1.0);
  }
}
