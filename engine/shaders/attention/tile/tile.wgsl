// Workgroup tiles for GPUs: 64 lanes own 32 rows of a head and stream 32 others at a time, eight F of a head at once, so
// that any head width fits into 16 KiB. Lane (lx, ly) = (lane % 8, lane / 8) has rows 4 ly … 4 ly + 3 and, of the
// streamed ones, lx, lx + 8, lx + 16, lx + 24: a 4×4 block of the 32×32 products in registers.
const LANES: u32 = 64;
const HEAD_LANES: u32 = 64; // lanes that share a head's tile
const TILE: u32 = 32;
const ROWS: u32 = TILE; // owned
const MOST: u32 = 16;          // F in a head's row at most; a multiple of 8
const COLUMNS: u32 = MOST / 8; // F of a row that a lane owns in an output
const OWNED: u32 = MOST / 2;
// Element 4 c + r is column c·8 + lx of the r-th owned row.
alias Output = array<F, OWNED>;

// Who reads workgroup memory ends with a barrier, so that who comes next may write.
// Rows of 8, padded to 9 against bank conflicts.
var<workgroup> left: array<F, 288>;
var<workgroup> right: array<F, 288>;
// 32×32 weights; a row's entry n holds those of streamed rows n, n + 8, n + 16, n + 24.
var<workgroup> cross: array<vec4f, 288>;
var<workgroup> partial: array<f32, 256>;

// Where an invocation sits: the head that it works for, its rows, their places in the tile.
struct Seat { rows: vec4u, places: vec4u, lane: u32, lx: u32, ly: u32, bh: u32, tile: u32 }
fn sit(at: ptr<function, Seat>, x: u32, y: u32, lane: u32) {
  let places = lane / 8u * 4u + vec4u(0u, 1u, 2u, 3u);
  *at = Seat(x * TILE + places, places, lane, lane % 8u, lane / 8u, y, x);
}
fn common_head(y: u32) -> u32 { return y; }
fn numbers(row: u32, at: Seat) -> vec4i { return vec4i(i32(row + at.lx)) + vec4i(0, 8, 16, 24); }

// Counts are no constants, or software adapters' compilers would unroll for minutes.
fn multiply(x: Block, count: u32, at: Seat) -> Block {
  var s = x;
  for (var i = 0u; i < min(8u, count); i++) {
    let b0 = right[at.lx * 9u + i];
    let b1 = right[(at.lx + 8u) * 9u + i];
    let b2 = right[(at.lx + 16u) * 9u + i];
    let b3 = right[(at.lx + 24u) * 9u + i];
    let a0 = left[(at.ly * 4u) * 9u + i];
    let a1 = left[(at.ly * 4u + 1u) * 9u + i];
    let a2 = left[(at.ly * 4u + 2u) * 9u + i];
    let a3 = left[(at.ly * 4u + 3u) * 9u + i];
    s.a += vec4f(inner(a0, b0), inner(a0, b1), inner(a0, b2), inner(a0, b3));
    s.b += vec4f(inner(a1, b0), inner(a1, b1), inner(a1, b2), inner(a1, b3));
    s.c += vec4f(inner(a2, b0), inner(a2, b1), inner(a2, b2), inner(a2, b3));
    s.d += vec4f(inner(a3, b0), inner(a3, b1), inner(a3, b2), inner(a3, b3));
  }
  return s;
}

// Products of the owned rows of operand A with the streamed rows of its partner from `row` on.
fn products_a(to: ptr<function, Block>, mine: Rows, row: u32, others: Rows, at: Seat) {
  var x = splat(vec4f());
  for (var c = 0u; c < sizes.w; c += 8u) {
    for (var e = at.lane; e < 256u; e += LANES) {
      let i = c + e % 8u;
      let place = e / 8u * 9u + e % 8u;
      left[place] = F();
      right[place] = F();
      if (i < sizes.w) {
        left[place] = own_a(at.tile * TILE + e / 8u, i, mine);
        right[place] = other_a(row + e / 8u, i, others);
      }
    }
    workgroupBarrier();
    x = multiply(x, sizes.w - c, at);
    workgroupBarrier();
  }
  *to = x;
}

fn put_weights(p: Block, at: Seat) {
  let to = at.ly * 36u + at.lx;
  cross[to] = p.a;
  cross[to + 9u] = p.b;
  cross[to + 18u] = p.c;
  cross[to + 27u] = p.d;
}

// o = keep o + cross · right for columns c·8 to c·8 + 7.
fn accumulate(o: ptr<function, Output>, keep: vec4f, c: u32, at: Seat) {
  for (var r = 0u; r < 4u; r++) { (*o)[c * 4u + r] *= keep[r]; }
  for (var n = 0u; n < min(8u, sizes.s + sizes.t); n++) {
    let v0 = right[n * 9u + at.lx];
    let v1 = right[(n + 8u) * 9u + at.lx];
    let v2 = right[(n + 16u) * 9u + at.lx];
    let v3 = right[(n + 24u) * 9u + at.lx];
    for (var r = 0u; r < 4u; r++) {
      let p = cross[(at.ly * 4u + r) * 9u + n];
      (*o)[c * 4u + r] += v0 * p.x + v1 * p.y + v2 * p.z + v3 * p.w;
    }
  }
}

// o = keep o + p · streamed rows of B.
fn weigh_b(o: ptr<function, Output>, keep: vec4f, p: Block, row: u32, others: Rows, at: Seat) {
  put_weights(p, at);
  for (var c = 0u; c < COLUMNS; c++) {
    if (c * 8u >= sizes.w) { break; }
    for (var e = at.lane; e < 256u; e += LANES) {
      let i = c * 8u + e % 8u;
      var x = F();
      if (i < sizes.w) { x = b_at(row + e / 8u, i, others); }
      right[e / 8u * 9u + e % 8u] = x;
    }
    workgroupBarrier();
    accumulate(o, keep, c, at);
    workgroupBarrier();
  }
}

// Eight lanes share a row.
fn row_largest(m: vec4f, at: Seat) -> vec4f {
  let to = at.ly * 32u + at.lx;
  for (var r = 0u; r < 4u; r++) { partial[to + r * 8u] = m[r]; }
  workgroupBarrier();
  var y = m;
  for (var r = 0u; r < 4u; r++) {
    for (var n = 0u; n < 8u; n++) { y[r] = max(y[r], partial[at.ly * 32u + r * 8u + n]); }
  }
  return y;
}
fn row_total(l: vec4f, at: Seat) -> vec4f {
  let to = at.ly * 32u + at.lx;
  for (var r = 0u; r < 4u; r++) { partial[to + r * 8u] = l[r]; }
  workgroupBarrier();
  var y = vec4f();
  for (var r = 0u; r < 4u; r++) {
    for (var n = 0u; n < 8u; n++) { y[r] += partial[at.ly * 32u + r * 8u + n]; }
  }
  return y;
}
fn columns() -> u32 { return COLUMNS; }
fn column(c: u32, at: Seat) -> u32 { return c * 8u + at.lx; }
fn writes_row(at: Seat) -> bool { return at.lx == 0u; }
