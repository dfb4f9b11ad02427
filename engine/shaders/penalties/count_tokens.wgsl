// Counts the tokens (N) of a step in lists that go on: ids, counts (N, M), each row's ids different and ended by NONE. A
// token takes the place of itself, or the first free one, beginning at 1; one that finds none, and NONE, is left out. A
// workgroup owns a row, its lanes stride over the list.
const LANES: u32 = 64;
const NONE: u32 = 0xffffffff;

struct Sizes { m: u32, lanes: u32 }
@group(0) @binding(0) var<storage, read> tokens: array<u32>;
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

var<workgroup> places: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x * sizes.m;
  let token = tokens[group.x];
  var place = NONE;
  for (var j = lane; j < sizes.m; j += LANES) {
    let id = ids[row + j];
    if (id == token || id == NONE) {
      place = j;
      break;
    }
  }
  places[lane] = place;
  workgroupBarrier();
  if (lane == 0u && token != NONE) {
    for (var j = 1u; j < sizes.lanes; j++) { place = min(place, places[j]); } // lanes equals LANES; not to be unrolled
    if (place != NONE) {
      let before = select(counts[row + place], 0u, ids[row + place] == NONE);
      ids[row + place] = token;
      counts[row + place] = before + 1u;
    }
  }
}
