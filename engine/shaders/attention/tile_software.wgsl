// Register tiles for software adapters: a quad of invocations owns 16 rows of a head and streams 16 others at a time.
// Lane l owns rows l, l + 4, l + 8, l + 12; the quads of a workgroup take neighbouring heads, so that all loop alike.
// No workgroup memory, no barrier: both cost more there than they save. tile.wgsl declares the same names for GPUs.
const LANES: u32 = 16;
const HEAD_LANES: u32 = 4; // lanes that share a head's tile
const TILE: u32 = 16;
// F in a head's row at most: sizes arrays. The number itself is a uniform, because compilers of software adapters
// unroll loops that they can count into tens of thousands of instructions.
const MOST: u32 = 16;
const OWNED: u32 = 4 * MOST;
// Element 4 i + r is column i of the r-th owned row.
alias Output = array<F, OWNED>;

// Where a head's rows are: element of row 0, elements from row to row (both in F), and the last row there is.
struct Rows { base: u32, stride: u32, last: u32 }

// Where an invocation sits: the head that it works for, its rows, their places in the tile.
struct Seat { rows: vec4u, places: vec4u, lane: u32, bh: u32 }
fn sit(at: ptr<function, Seat>, x: u32, y: u32, local: u32) {
  let lane = local & 3u;
  let places = vec4u(0u, 4u, 8u, 12u) + lane;
  *at = Seat(x * TILE + places, places, lane, y * (LANES / 4u) + local / 4u);
}
// A head of the workgroup, whichever: loops must run alike.
fn common_head(y: u32) -> u32 { return y * (LANES / 4u); }
fn numbers(row: u32, at: Seat) -> vec4i {
  return vec4i(vec4u(row) + vec4u(at.lane, at.lane ^ 1u, at.lane ^ 2u, at.lane ^ 3u));
}

fn starts(rows: vec4u, at: Rows) -> vec4u { return at.base + min(rows, vec4u(at.last)) * at.stride; }

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

// A lane has its rows to itself: nothing to reduce, every column to write.
fn row_largest(m: vec4f, at: Seat) -> vec4f { return m; }
fn row_total(l: vec4f, at: Seat) -> vec4f { return l; }
fn columns() -> u32 { return sizes.w; }
fn column(c: u32, at: Seat) -> u32 { return c; }
fn writes_row(at: Seat) -> bool { return true; }
