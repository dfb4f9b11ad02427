// A sparse pattern: for each tile of owned rows, which tiles of streamed rows hold pairs that see each other, and which
// pairs. `tiles` holds where each owner's entries begin (and the last one's end), then entries of two: a tile, and
// where its marks begin, ALL if every pair sees. Marks: a word for each owned row, bit n for streamed row n.
@group(0) @binding(11) var<storage, read> tiles: array<u32>;
struct Walk { begin: u32, end: u32 }
const STEP: u32 = 2;
const SPARSE: bool = true;
const ALL: u32 = 0xffffffff;

fn walk(owner: u32, range: vec2i) -> Walk { return Walk(tiles[owner], tiles[owner + 1u]); }
fn first_row(n: u32) -> u32 { return tiles[n] * TILE; }
fn marks_of(n: u32, row: u32) -> u32 {
  let at = tiles[n + 1u];
  return select(tiles[select(at, 0u, at == ALL) + row], ALL, at == ALL);
}
fn marked(place: vec4i, marks: u32) -> vec4<bool> {
  return ((vec4u(marks) >> vec4u(place)) & vec4u(1u)) == vec4u(1u);
}
