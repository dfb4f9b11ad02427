// Gives every pair of a token and one of its experts a row, so that rows of an expert follow each other, in the order of the
// pairs, and each expert's begin with a tile of `height` rows. A workgroup owns an expert, number group.x: it writes
//   starts (E + 1)       the first tile of its own; the last expert also that behind all
//   tile_of (tiles)      the expert of each of its tiles; the last expert also E for tiles that nobody needs
//   pair_of (tiles · height)   the pair of each of its rows, NONE where its last tile (or such a tile) has no more
//   row_of (pairs)       the row of each of its pairs
// A lane has a stretch of all pairs, so that the lanes before it have the pairs before its own. Link expert.wgsl.
const LANES: u32 = 64;
const NONE: u32 = 0xffffffffu;

@group(0) @binding(1) var<storage, read> counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> tile_of: array<u32>;
@group(0) @binding(5) var<storage, read_write> pair_of: array<u32>;
@group(0) @binding(6) var<storage, read_write> row_of: array<u32>;

var<workgroup> tiles_before: array<u32, LANES>;
var<workgroup> pairs_of_lane: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let expert = group.x;
  var before = 0u;
  for (var e = lane; e < expert; e += LANES) { before += (counts[e] + sizes.height - 1u) / sizes.height; }
  tiles_before[lane] = before;
  let stretch = (sizes.pairs + LANES - 1u) / LANES;
  let begin = lane * stretch;
  let end = min(begin + stretch, sizes.pairs);
  var own = 0u;
  for (var i = begin; i < end; i++) { own += u32(expert_of(i) == expert); }
  pairs_of_lane[lane] = own;
  workgroupBarrier();
  var first = 0u;
  for (var i = 0u; i < LANES; i++) { first += tiles_before[i]; }
  var row = first * sizes.height;
  for (var i = 0u; i < lane; i++) { row += pairs_of_lane[i]; }
  for (var i = begin; i < end; i++) {
    if (expert_of(i) == expert) {
      row_of[i] = row;
      pair_of[row] = i;
      row++;
    }
  }
  let last = first + (counts[expert] + sizes.height - 1u) / sizes.height;
  let behind = select(last, sizes.tiles, expert + 1u == sizes.experts);
  for (var i = first * sizes.height + counts[expert] + lane; i < behind * sizes.height; i += LANES) { pair_of[i] = NONE; }
  for (var i = first + lane; i < behind; i += LANES) { tile_of[i] = select(sizes.experts, expert, i < last); }
  if (lane > 0u) { return; }
  starts[expert] = first;
  if (expert + 1u == sizes.experts) { starts[sizes.experts] = last; }
}
