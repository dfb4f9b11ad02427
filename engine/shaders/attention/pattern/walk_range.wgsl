// The tiles of streamed rows that an owner of a tile passes: all that hold rows `range.x` to `range.y`.
// walk_tiles.wgsl declares the same names for sparse patterns.
struct Walk { begin: u32, end: u32 }
const STEP: u32 = 1;
const SPARSE: bool = false;

fn walk(owner: u32, range: vec2i) -> Walk {
  let begin = u32(max(0, range.x)) / TILE;
  return Walk(begin, u32(max(0, range.y + i32(TILE))) / TILE);
}
fn first_row(n: u32) -> u32 { return n * TILE; }
fn marks_of(n: u32, row: u32) -> u32 { return 0u; }
fn marked(place: vec4i, marks: u32) -> vec4<bool> { return vec4<bool>(true); }
