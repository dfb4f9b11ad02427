// The products and sums that only the backward kernels need, as in tile_outer.wgsl. Link four4_backward or four1_backward.
fn own_b(row: u32, i: u32, rows: Rows) -> F { return mine_b(rows.base + min(row, rows.last) * rows.stride + i); }

fn products_b(first: u32, mine: Rows, row: u32, others: Rows, lane: u32) -> Blocks {
  var x = no_products();
  for (var c = 0u; c < fours(); c += 4u) {
    let i = c + lane % 4u;
    var own = mat4x4f();
    var other = mat4x4f();
    if (fetches_owned(lane)) {
      let r = first + owned_of(lane);
      own = mat4x4f(
        own_b_four(r, i, mine), own_b_four(r + 1u, i, mine), own_b_four(r + 2u, i, mine), own_b_four(r + 3u, i, mine));
    }
    if (fetches_streamed(lane)) {
      let r = row + streamed_of(lane);
      let y = mat4x4f(
        b_four(r, i, others), b_four(r + 8u, i, others), b_four(r + 16u, i, others), b_four(r + 24u, i, others));
      if (LOWER) { other = y; } else { own = y; }
    }
    put_fetched(own, other, lane);
    workgroupBarrier();
    x = multiply(x, lane);
    workgroupBarrier();
  }
  return x;
}

// o += weights · streamed rows of A from `row` on.
fn weigh_a(o: ptr<function, Output>, row: u32, others: Rows, lane: u32) {
  for (var part = 0u; part < PARTS; part++) {
    for (var turn = 0u; turn < LOADS; turn++) {
      let e = turn * LANES + lane % LANES;
      slice[e] = other_four(row + part * AT_ONCE + e / MOST, e % MOST, others);
    }
    workgroupBarrier();
    accumulate(o, part, lane);
    workgroupBarrier();
  }
}
