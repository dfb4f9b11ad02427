// Four consecutive invocations (a quad) stream the same sixteen rows; each wants all of them, and here loads all itself.
// Four at a time, because compilers of software adapters make a loop over lanes of every load: with those of all sixteen
// written out they took three times as long. quad_subgroups.wgsl declares the same functions.
// Member c of a Four is row `row + (lane ^ c)`, so every lane has its own row first.
struct Four { a: F, b: F, c: F, d: F }

fn four_a(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  return Four(
    a_at(row + lane, i, at), a_at(row + (lane ^ 1u), i, at),
    a_at(row + (lane ^ 2u), i, at), a_at(row + (lane ^ 3u), i, at),
  );
}

fn inners(x: F, y: Four) -> vec4f { return vec4f(inner(x, y.a), inner(x, y.b), inner(x, y.c), inner(x, y.d)); }
fn weighted(y: Four, p: vec4f) -> F { return y.a * p.x + y.b * p.y + y.c * p.z + y.d * p.w; }

fn set_quarter(to: ptr<function, Block>, e: u32, x: Strip) {
  if (e == 0u) { (*to).a.a = x.a; (*to).b.a = x.b; (*to).c.a = x.c; (*to).d.a = x.d; }
  if (e == 1u) { (*to).a.b = x.a; (*to).b.b = x.b; (*to).c.b = x.c; (*to).d.b = x.d; }
  if (e == 2u) { (*to).a.c = x.a; (*to).b.c = x.b; (*to).c.c = x.c; (*to).d.c = x.d; }
  if (e == 3u) { (*to).a.d = x.a; (*to).b.d = x.b; (*to).c.d = x.c; (*to).d.d = x.d; }
}

// Products of the owned rows of operand A with the streamed rows of its partner from `row` on.
fn products_a(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  let start = starts(at.rows, mine);
  for (var e = 0u; e < quarters(); e++) {
    var x = Strip();
    for (var i = 0u; i < sizes.w; i++) {
      let y = four_a(row + 4u * e, at.lane, i, others);
      x.a += inners(mine_a(start.x + i), y);
      x.b += inners(mine_a(start.y + i), y);
      x.c += inners(mine_a(start.z + i), y);
      x.d += inners(mine_a(start.w + i), y);
    }
    set_quarter(to, e, x);
  }
}

fn four_b(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  return Four(
    b_at(row + lane, i, at), b_at(row + (lane ^ 1u), i, at),
    b_at(row + (lane ^ 2u), i, at), b_at(row + (lane ^ 3u), i, at),
  );
}

// o = keep o + p · streamed rows of B.
fn weigh_b(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  var before = keep;
  for (var e = 0u; e < quarters(); e++) {
    let four = Strip(quarter(p.a, e), quarter(p.b, e), quarter(p.c, e), quarter(p.d, e));
    for (var i = 0u; i < sizes.w; i++) {
      let y = four_b(row + 4u * e, at.lane, i, others);
      (*o)[4u * i] = (*o)[4u * i] * before.x + weighted(y, four.a);
      (*o)[4u * i + 1u] = (*o)[4u * i + 1u] * before.y + weighted(y, four.b);
      (*o)[4u * i + 2u] = (*o)[4u * i + 2u] * before.z + weighted(y, four.c);
      (*o)[4u * i + 3u] = (*o)[4u * i + 3u] * before.w + weighted(y, four.d);
    }
    before = vec4f(1.0);
  }
}
