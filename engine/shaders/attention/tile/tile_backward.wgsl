// The products and sums that only the backward kernels need, as in tile.wgsl.
fn owned(e: u32, i: u32, mine: Rows, at: Seat) -> u32 {
  return mine.base + min(at.tile * TILE + e / 8u, mine.last) * mine.stride + i;
}

fn products_b(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  var x = splat(vec4f());
  for (var c = 0u; c < sizes.w; c += 8u) {
    for (var e = at.lane; e < 256u; e += LANES) {
      let i = c + e % 8u;
      let place = e / 8u * 9u + e % 8u;
      left[place] = F();
      right[place] = F();
      if (i < sizes.w) {
        left[place] = mine_b(owned(e, i, mine, at));
        right[place] = b_at(row + e / 8u, i, others);
      }
    }
    workgroupBarrier();
    x = multiply(x, sizes.w - c, at);
    workgroupBarrier();
  }
  *to = x;
}

// o = keep o + p · streamed rows of A.
fn weigh_a(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  put_weights(p, at);
  for (var c = 0u; c < COLUMNS; c++) {
    if (c * 8u >= sizes.w) { break; }
    for (var e = at.lane; e < 256u; e += LANES) {
      let i = c * 8u + e % 8u;
      var x = F();
      if (i < sizes.w) { x = other_a(row + e / 8u, i, others); }
      right[e / 8u * 9u + e % 8u] = x;
    }
    workgroupBarrier();
    accumulate(o, keep, c, at);
    workgroupBarrier();
  }
}

// Numbers saved of the streamed rows from `row` on: largest logits (part 0), log l (1) or deltas (2).
fn saved_strip(row: u32, last: u32, base: u32, part: u32, at: Seat) -> Strip {
  return saved_four(vec4u(numbers(row, at)), last, base, part);
}
