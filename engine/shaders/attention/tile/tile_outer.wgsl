// Workgroup tiles for GPUs by outer products: 64 lanes own 64 rows of a head (or 32) and stream 32 others at a time, sixteen
// numbers of a head at once, 14.5 KiB for heads of up to 128. Lane (across, down) = (lane % 8, lane / 8) owns rows 4 down …
// 4 down + 3 (`upper`) and 32 more (`lower`); of the products it has those with streamed rows across, across + 8, + 16 and
// + 24, of the outputs columns 4 across … 4 across + 3 of every 32. So eight rows meet four products, or eight columns, in
// registers: three vec4 of workgroup memory for 32 multiply-adds, four for 64. Of 32 rows there is no `lower`, for lanes
// with few registers.
// Indices into workgroup memory are remainders and counts of constants, or WGSL's compilers would clamp them.
// Link rows, four4 or four1, strip, block, reduce or reduce_subgroups, and a main file.
const LANES: u32 = 64;
const ROWS: u32 = 64;  // owned: 64 or 32
const TILE: u32 = 32;  // streamed
const MOST: u32 = 16;  // fours in a head's row at most: 8, 16, 24 or 32
const EDGE: bool = true; // a row has fewer fours than MOST, or no multiple of four of them
const COLUMNS: u32 = MOST / 8u;
const AT_ONCE: u32 = select(256u / MOST, 8u, MOST == 24u); // streamed rows that are weighed at once
const PARTS: u32 = TILE / AT_ONCE;
const LOADS: u32 = AT_ONCE * MOST / LANES; // fours of AT_ONCE rows that a lane fetches
const LOWER: bool = ROWS > 32u;
const QUADS: u32 = ROWS / 4u;
const PADDED: u32 = QUADS + 1u; // against bank conflicts
const STREAMED: u32 = 4u * ROWS; // where streamed rows begin in `slice`
const SLICE: u32 = max(STREAMED + 128u, 256u);
const CROSS: u32 = TILE * PADDED;

// Who reads workgroup memory ends with a barrier, so that who comes next may write.
// For products 16 numbers of every row, [number][row / 4], and behind them of every streamed row, [number][row % 8]; for sums
// AT_ONCE streamed rows of fours.
var<workgroup> slice: array<vec4f, SLICE>;
// Weights, [streamed row][row / 4].
var<workgroup> cross: array<vec4f, CROSS>;

// Both blocks of a lane, and a number for each of its rows.
struct Blocks { upper: Block, lower: Block }
struct Numbers { upper: vec4f, lower: vec4f }

// Four columns of a lane's eight rows.
struct Column { r0: vec4f, r1: vec4f, r2: vec4f, r3: vec4f, r4: vec4f, r5: vec4f, r6: vec4f, r7: vec4f }
// The first COLUMNS of these count.
struct Output { a: Column, b: Column, c: Column, d: Column }

fn across_of(lane: u32) -> u32 { return lane % 8u; }
fn down_of(lane: u32) -> u32 { return lane / 8u % 8u; }
// Places in the tile of a lane's upper rows.
fn places_of(lane: u32) -> vec4u { return down_of(lane) * 4u + vec4u(0u, 1u, 2u, 3u); }
fn numbers(row: u32, lane: u32) -> vec4i { return vec4i(i32(row + across_of(lane))) + vec4i(0, 8, 16, 24); }

// Of sixteen numbers lane's part, 4 (lane % 4) … + 3, goes to `slice`: of the four owned rows from `owned_of` on, and of
// streamed rows `streamed_of`, + 8, + 16 and + 24.
fn put_fetched(own: mat4x4f, other: mat4x4f, lane: u32) {
  let x = transpose(own);
  let owned = lane % 4u * ROWS + lane / 4u % QUADS;
  let streamed = STREAMED + lane % 4u * 32u + lane / 4u % 8u;
  if (LOWER) {
    slice[owned] = x[0];
    slice[owned + QUADS] = x[1];
    slice[owned + 2u * QUADS] = x[2];
    slice[owned + 3u * QUADS] = x[3];
    if (lane < 32u) {
      let y = transpose(other);
      slice[streamed] = y[0];
      slice[streamed + 8u] = y[1];
      slice[streamed + 16u] = y[2];
      slice[streamed + 24u] = y[3];
    }
  } else { // both have eight quads
    let to = select(streamed, owned, lane < 32u);
    slice[to] = x[0];
    slice[to + 8u] = x[1];
    slice[to + 16u] = x[2];
    slice[to + 24u] = x[3];
  }
}
fn owned_of(lane: u32) -> u32 { return lane / 4u % QUADS * 4u; }
fn streamed_of(lane: u32) -> u32 { return lane / 4u % 8u; }
fn fetches_owned(lane: u32) -> bool { return lane < ROWS; }
fn fetches_streamed(lane: u32) -> bool { return (lane < 32u) == LOWER; }

// x + the products of the sixteen numbers in `slice`.
fn multiply(x: Blocks, lane: u32) -> Blocks {
  let across = lane % 8u;
  let down = lane / 8u % 8u;
  var s = x;
  for (var i = 0u; i < 16u; i++) {
    let y = slice[STREAMED + i * 8u + across];
    let upper = slice[i * QUADS + down];
    s.upper.a = fma(y, vec4f(upper.x), s.upper.a);
    s.upper.b = fma(y, vec4f(upper.y), s.upper.b);
    s.upper.c = fma(y, vec4f(upper.z), s.upper.c);
    s.upper.d = fma(y, vec4f(upper.w), s.upper.d);
    if (LOWER) {
      let lower = slice[i * QUADS + 8u + down];
      s.lower.a = fma(y, vec4f(lower.x), s.lower.a);
      s.lower.b = fma(y, vec4f(lower.y), s.lower.b);
      s.lower.c = fma(y, vec4f(lower.z), s.lower.c);
      s.lower.d = fma(y, vec4f(lower.w), s.lower.d);
    }
  }
  return s;
}

fn no_products() -> Blocks { return Blocks(splat(vec4f()), splat(vec4f())); }

// Products of the owned rows of operand A, from `first` on, with the streamed rows of its partner from `row` on.
fn products_a(first: u32, mine: Rows, row: u32, others: Rows, lane: u32) -> Blocks {
  var x = no_products();
  for (var c = 0u; c < fours(); c += 4u) {
    let i = c + lane % 4u;
    var own = mat4x4f();
    var other = mat4x4f();
    if (fetches_owned(lane)) {
      let r = first + owned_of(lane);
      own = mat4x4f(
        own_four(r, i, mine), own_four(r + 1u, i, mine), own_four(r + 2u, i, mine), own_four(r + 3u, i, mine));
    }
    if (fetches_streamed(lane)) {
      let r = row + streamed_of(lane);
      let y = mat4x4f(
        other_four(r, i, others), other_four(r + 8u, i, others),
        other_four(r + 16u, i, others), other_four(r + 24u, i, others));
      if (LOWER) { other = y; } else { own = y; }
    }
    put_fetched(own, other, lane);
    workgroupBarrier();
    x = multiply(x, lane);
    workgroupBarrier();
  }
  return x;
}

fn put_weights(x: Blocks, lane: u32) {
  let to = lane % 8u * PADDED + lane / 8u % 8u;
  let upper = transpose(mat4x4f(x.upper.a, x.upper.b, x.upper.c, x.upper.d));
  cross[to] = upper[0];
  cross[to + 8u * PADDED] = upper[1];
  cross[to + 16u * PADDED] = upper[2];
  cross[to + 24u * PADDED] = upper[3];
  if (!LOWER) { return; }
  let lower = transpose(mat4x4f(x.lower.a, x.lower.b, x.lower.c, x.lower.d));
  cross[to + 8u] = lower[0];
  cross[to + 8u * PADDED + 8u] = lower[1];
  cross[to + 16u * PADDED + 8u] = lower[2];
  cross[to + 24u * PADDED + 8u] = lower[3];
}

// o + y pᵀ for four columns y and a weight for each row.
fn added(o: Column, y: vec4f, upper: vec4f, lower: vec4f) -> Column {
  var x = o;
  x.r0 = fma(y, vec4f(upper.x), o.r0);
  x.r1 = fma(y, vec4f(upper.y), o.r1);
  x.r2 = fma(y, vec4f(upper.z), o.r2);
  x.r3 = fma(y, vec4f(upper.w), o.r3);
  if (LOWER) {
    x.r4 = fma(y, vec4f(lower.x), o.r4);
    x.r5 = fma(y, vec4f(lower.y), o.r5);
    x.r6 = fma(y, vec4f(lower.z), o.r6);
    x.r7 = fma(y, vec4f(lower.w), o.r7);
  }
  return x;
}
fn scaled_column(o: Column, keep: Numbers) -> Column {
  let u = keep.upper;
  let l = keep.lower;
  return Column(o.r0 * u.x, o.r1 * u.y, o.r2 * u.z, o.r3 * u.w, o.r4 * l.x, o.r5 * l.y, o.r6 * l.z, o.r7 * l.w);
}
fn scale(o: ptr<function, Output>, keep: Numbers) {
  (*o).a = scaled_column((*o).a, keep);
  if (COLUMNS > 1u) { (*o).b = scaled_column((*o).b, keep); }
  if (COLUMNS > 2u) { (*o).c = scaled_column((*o).c, keep); }
  if (COLUMNS > 3u) { (*o).d = scaled_column((*o).d, keep); }
}

// o += weights · AT_ONCE streamed rows in `slice`, the part-th of the tile.
fn accumulate(o: ptr<function, Output>, part: u32, lane: u32) {
  let across = lane % 8u;
  let down = lane / 8u % 8u;
  for (var i = 0u; i < AT_ONCE; i++) {
    let row = part % PARTS * AT_ONCE + i;
    let upper = cross[row * PADDED + down];
    var lower = vec4f();
    if (LOWER) { lower = cross[row * PADDED + 8u + down]; }
    let start = i * MOST + across;
    (*o).a = added((*o).a, slice[start], upper, lower);
    if (COLUMNS > 1u) { (*o).b = added((*o).b, slice[start + 8u], upper, lower); }
    if (COLUMNS > 2u) { (*o).c = added((*o).c, slice[start + 16u], upper, lower); }
    if (COLUMNS > 3u) { (*o).d = added((*o).d, slice[start + 24u], upper, lower); }
  }
}

// o += weights · streamed rows of B from `row` on.
fn weigh_b(o: ptr<function, Output>, row: u32, others: Rows, lane: u32) {
  for (var part = 0u; part < PARTS; part++) {
    for (var turn = 0u; turn < LOADS; turn++) {
      let e = turn * LANES + lane % LANES;
      slice[e] = b_four(row + part * AT_ONCE + e / MOST, e % MOST, others);
    }
    workgroupBarrier();
    accumulate(o, part, lane);
    workgroupBarrier();
  }
}
