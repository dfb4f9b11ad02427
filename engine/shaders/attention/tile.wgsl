// Workgroup tiles for GPUs: 64 lanes own 32 rows and stream 32 others against them, eight F of a head at a time, so
// that any head width fits into 16 KiB. Lane (lx, ly) = (lane % 8, lane / 8) has rows 4 ly … 4 ly + 3 and, of the
// streamed ones, lx, lx + 8, lx + 16, lx + 24: a 4×4 block of the 32×32 products in registers.
const LANES: u32 = 64;
const MOST: u32 = 16;          // F in a head's row at most; a multiple of 8
const COLUMNS: u32 = MOST / 8; // F of a row that a lane owns in an output
const OWNED: u32 = MOST / 2;
// Element 4 c + r is column block c of row 4 ly + r.
alias Output = array<F, OWNED>;

// Rows of 8, padded to 9 against bank conflicts.
var<workgroup> left: array<F, 288>;
var<workgroup> right: array<F, 288>;
// 32×32 weights; a row's entry n holds those of streamed rows n, n + 8, n + 16, n + 24.
var<workgroup> cross: array<vec4f, 288>;
var<workgroup> partial: array<f32, 256>;

// Where a head's rows are: element of row 0, elements from row to row (both in F), and the last row there is.
struct Rows { base: u32, stride: u32, last: u32 }

fn place(row: u32, i: u32, at: Rows) -> u32 { return at.base + min(row, at.last) * at.stride + i; }

alias Products = array<vec4f, 4>;

// `count` F of both tiles' products. Counts are no constants, or software adapters' compilers would unroll for minutes.
fn multiply(s: ptr<function, Products>, count: u32, lx: u32, ly: u32) {
  for (var i = 0u; i < min(8u, count); i++) {
    let b0 = right[lx * 9u + i];
    let b1 = right[(lx + 8u) * 9u + i];
    let b2 = right[(lx + 16u) * 9u + i];
    let b3 = right[(lx + 24u) * 9u + i];
    for (var r = 0u; r < 4u; r++) {
      let a = left[(ly * 4u + r) * 9u + i];
      (*s)[r] += vec4f(inner(a, b0), inner(a, b1), inner(a, b2), inner(a, b3));
    }
  }
}

// o += cross · right for column block c, of which `count` rows weigh anything.
fn accumulate(o: ptr<function, Output>, c: u32, count: u32, lx: u32, ly: u32) {
  for (var n = 0u; n < min(8u, count); n++) {
    let v0 = right[n * 9u + lx];
    let v1 = right[(n + 8u) * 9u + lx];
    let v2 = right[(n + 16u) * 9u + lx];
    let v3 = right[(n + 24u) * 9u + lx];
    for (var r = 0u; r < 4u; r++) {
      let p = cross[(ly * 4u + r) * 9u + n];
      (*o)[c * 4u + r] += v0 * p.x + v1 * p.y + v2 * p.z + v3 * p.w;
    }
  }
}
