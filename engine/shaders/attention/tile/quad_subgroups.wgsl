enable subgroups;
// The functions of quad.wgsl with one load a lane: the other three rows come from the neighbours' registers. On
// SwiftShader a load costs as much as 30 multiply-adds and a swap less than one.
struct Four { a: F, b: F, c: F, d: F }

fn four_a(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  let own = a_at(row + lane, i, at);
  return Four(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}

fn inners(x: F, y: Four) -> vec4f { return vec4f(inner(x, y.a), inner(x, y.b), inner(x, y.c), inner(x, y.d)); }
fn add_inners(s: Strip, x: F, ya: Four, yb: Four, yc: Four, yd: Four) -> Strip {
  return Strip(s.a + inners(x, ya), s.b + inners(x, yb), s.c + inners(x, yc), s.d + inners(x, yd));
}

// Products of the owned rows of operand A with the streamed rows of its partner from `row` on.
fn products_a(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  let start = starts(at.rows, mine);
  var x = splat(vec4f());
  for (var i = 0u; i < sizes.w; i++) {
    let ya = four_a(row, at.lane, i, others);
    let yb = four_a(row + 4u, at.lane, i, others);
    let yc = four_a(row + 8u, at.lane, i, others);
    let yd = four_a(row + 12u, at.lane, i, others);
    x.a = add_inners(x.a, mine_a(start.x + i), ya, yb, yc, yd);
    x.b = add_inners(x.b, mine_a(start.y + i), ya, yb, yc, yd);
    x.c = add_inners(x.c, mine_a(start.z + i), ya, yb, yc, yd);
    x.d = add_inners(x.d, mine_a(start.w + i), ya, yb, yc, yd);
  }
  *to = x;
}

fn four_b(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  let own = b_at(row + lane, i, at);
  return Four(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}

fn weighted(y: Four, p: vec4f) -> F { return y.a * p.x + y.b * p.y + y.c * p.z + y.d * p.w; }
fn add_weighted(x: F, p: Strip, ya: Four, yb: Four, yc: Four, yd: Four) -> F {
  return x + weighted(ya, p.a) + weighted(yb, p.b) + weighted(yc, p.c) + weighted(yd, p.d);
}

// o = keep o + p · streamed rows of B.
fn weigh_b(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  for (var i = 0u; i < sizes.w; i++) {
    let ya = four_b(row, at.lane, i, others);
    let yb = four_b(row + 4u, at.lane, i, others);
    let yc = four_b(row + 8u, at.lane, i, others);
    let yd = four_b(row + 12u, at.lane, i, others);
    (*o)[4u * i] = add_weighted((*o)[4u * i] * keep.x, p.a, ya, yb, yc, yd);
    (*o)[4u * i + 1u] = add_weighted((*o)[4u * i + 1u] * keep.y, p.b, ya, yb, yc, yd);
    (*o)[4u * i + 2u] = add_weighted((*o)[4u * i + 2u] * keep.z, p.c, ya, yb, yc, yd);
    (*o)[4u * i + 3u] = add_weighted((*o)[4u * i + 3u] * keep.w, p.d, ya, yb, yc, yd);
  }
}
