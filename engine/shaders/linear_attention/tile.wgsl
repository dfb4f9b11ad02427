// Workgroup tiles: 64 lanes hold 32 rows of up to 32 COLUMNS numbers and multiply 32×32 tiles into them. Lane
// (lx, ly) = (lane % 8, lane / 8) has rows 4 ly … 4 ly + 3 and of each 32 columns those from 4 lx on, four at a time.
const LANES: u32 = 64;
const COLUMNS: u32 = 1; // blocks of 32 columns in an output
const OWNED: u32 = COLUMNS * 4;
// Element 4 c + r: column block c of row 4 ly + r.
alias Output = array<vec4f, OWNED>;
alias Products = array<vec4f, 4>;

// 32 rows of 8 vec4. Four rows are padded by one vec4, so that reading every fourth row meets no bank twice.
var<workgroup> left_tile: array<vec4f, 264>;
var<workgroup> right_tile: array<vec4f, 264>;
var<workgroup> cross: array<vec4f, 264>;
fn place(row: u32, four: u32) -> u32 { return row * 8u + row / 4u + four; }

// Products of own rows of `left_tile` with rows 4 lx … 4 lx + 3 of `right_tile`, over `count` fours.
fn multiply(s: ptr<function, Products>, count: u32, lx: u32, ly: u32) {
  for (var i = 0u; i < min(8u, count); i++) {
    let b0 = right_tile[33u * lx + i];
    let b1 = right_tile[33u * lx + 8u + i];
    let b2 = right_tile[33u * lx + 16u + i];
    let b3 = right_tile[33u * lx + 24u + i];
    for (var r = 0u; r < 4u; r++) {
      let a = left_tile[33u * ly + 8u * r + i];
      (*s)[r] += vec4f(dot(a, b0), dot(a, b1), dot(a, b2), dot(a, b3));
    }
  }
}

// o += cross · right_tile for column block c, over `count` fours of right_tile's rows.
fn accumulate(o: ptr<function, Output>, c: u32, count: u32, lx: u32, ly: u32) {
  for (var n = 0u; n < min(8u, count); n++) {
    let v0 = right_tile[33u * n + lx];
    let v1 = right_tile[33u * n + 8u + lx];
    let v2 = right_tile[33u * n + 16u + lx];
    let v3 = right_tile[33u * n + 24u + lx];
    for (var r = 0u; r < 4u; r++) {
      let p = cross[33u * ly + 8u * r + n];
      (*o)[c * 4u + r] += v0 * p.x + v1 * p.y + v2 * p.z + v3 * p.w;
    }
  }
}
