// Register tiles for software adapters: a quad of invocations owns 16 rows of a head and streams 16 others at a time.
// Lane l owns rows l, l + 4, l + 8, l + 12; the quads of a workgroup take neighbouring heads, so that all loop alike.
// No workgroup memory, no barrier: both cost more there than they save. tile.wgsl declares the same names for GPUs.
const LANES: u32 = 16;
const HEAD_LANES: u32 = 4; // lanes that share a head's tile
const TILE: u32 = 16;
const ROWS: u32 = TILE; // owned
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

// A lane has its rows to itself: nothing to reduce, every column to write.
fn row_largest(m: vec4f, at: Seat) -> vec4f { return m; }
fn row_total(l: vec4f, at: Seat) -> vec4f { return l; }
fn columns() -> u32 { return sizes.w; }
fn column(c: u32, at: Seat) -> u32 { return c; }
fn writes_row(at: Seat) -> bool { return true; }
