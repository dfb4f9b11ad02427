// A lane's block of products: four owned rows by the streamed rows of a Strip, of which the tile files have their own
// (one vec4f, or four). Here is what is done to each row alike. Link a tile file and score.wgsl.
struct Block { a: Strip, b: Strip, c: Strip, d: Strip }
struct Owns { a: Own, b: Own, c: Own, d: Own }

fn own(n: i32, head: Head) -> Own {
  if (OWNS_KEYS) { return Own(queries_of(n, head), n, 0u); }
  if (n >= i32(sizes.t)) { return Own(vec2i(0, -1), n, 0u); }
  return Own(keys_of(n, head), n, 0u);
}
fn owns_of(rows: vec4u, head: Head) -> Owns {
  let n = vec4i(rows);
  return Owns(own(n.x, head), own(n.y, head), own(n.z, head), own(n.w, head));
}
// The smallest range that holds those of all rows of a tile. Give a head that is the same for the whole workgroup: the
// loops that come of it must run alike.
fn range_of(tile: u32, head: Head) -> vec2i {
  let first = i32(tile * ROWS);
  let last = first + i32(ROWS) - 1;
  if (OWNS_KEYS) { return vec2i(first - sizes.right, min(i32(sizes.t) - 1, last - sizes.left)); }
  return vec2i(keys_of(first, head).x, keys_of(last, head).y);
}

fn mark(owns: ptr<function, Owns>, n: u32, places: vec4u) {
  (*owns).a.marks = marks_of(n, places.x);
  (*owns).b.marks = marks_of(n, places.y);
  (*owns).c.marks = marks_of(n, places.z);
  (*owns).d.marks = marks_of(n, places.w);
}

fn score(x: Block, n: vec4i, origin: i32, owns: Owns, head: Head) -> Block {
  return Block(
    strip_scored(x.a, n, origin, owns.a, head), strip_scored(x.b, n, origin, owns.b, head),
    strip_scored(x.c, n, origin, owns.c, head), strip_scored(x.d, n, origin, owns.d, head),
  );
}
fn largest(x: Block, m: vec4f) -> vec4f {
  return vec4f(strip_largest(x.a, m.x), strip_largest(x.b, m.y), strip_largest(x.c, m.z), strip_largest(x.d, m.w));
}
fn weights(x: Block, m: vec4f) -> Block {
  return Block(strip_weight(x.a, m.x), strip_weight(x.b, m.y), strip_weight(x.c, m.z), strip_weight(x.d, m.w));
}
fn total(x: Block) -> vec4f {
  return vec4f(strip_total(x.a), strip_total(x.b), strip_total(x.c), strip_total(x.d));
}
// Weights after dropout.
fn thinned(x: Block, n: vec4i, owns: Owns, head: Head) -> Block {
  if (!DROPOUT) { return x; }
  return Block(
    strip_thinned(x.a, n, owns.a, head), strip_thinned(x.b, n, owns.b, head),
    strip_thinned(x.c, n, owns.c, head), strip_thinned(x.d, n, owns.d, head),
  );
}
// Probabilities, given the rows' largest logits and logarithms of sums.
fn probabilities(x: Block, m: Block, l: Block, n: vec4i, origin: i32, owns: Owns, head: Head) -> Block {
  return Block(
    strip_probability(x.a, m.a, l.a, n, origin, owns.a, head), strip_probability(x.b, m.b, l.b, n, origin, owns.b, head),
    strip_probability(x.c, m.c, l.c, n, origin, owns.c, head), strip_probability(x.d, m.d, l.d, n, origin, owns.d, head),
  );
}
fn same_rows(x: Strip) -> Block { return Block(x, x, x, x); }
// Gradients of the logits: p (dp - delta), where dp is that of the thinned probabilities.
fn gradients(p: Block, dp: Block, delta: Block, n: vec4i, owns: Owns, head: Head) -> Block {
  return Block(
    strip_gradient(p.a, dp.a, delta.a, n, owns.a, head), strip_gradient(p.b, dp.b, delta.b, n, owns.b, head),
    strip_gradient(p.c, dp.c, delta.c, n, owns.c, head), strip_gradient(p.d, dp.d, delta.d, n, owns.d, head),
  );
}
// … and of the products, of which x are the values.
fn sloped(ds: Block, x: Block) -> Block {
  return Block(
    strip_sloped(ds.a, x.a), strip_sloped(ds.b, x.b), strip_sloped(ds.c, x.c), strip_sloped(ds.d, x.d),
  );
}
fn plus(x: Block, y: Block) -> Block {
  return Block(strip_plus(x.a, y.a), strip_plus(x.b, y.b), strip_plus(x.c, y.c), strip_plus(x.d, y.d));
}
