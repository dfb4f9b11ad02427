// The first of the largest keys of a column: a workgroup's lanes stand in rows of COLUMNS, each with a key and its place; row 0 ends with
// the results. Link where LANES and COLUMNS are declared, and beside key.wgsl.
const ROWS: u32 = LANES / COLUMNS;
var<workgroup> keys: array<u32, LANES>;
var<workgroup> places: array<u32, LANES>;

fn find_most(lane: u32, row: u32, most: u32, place: u32) {
  keys[lane] = most;
  places[lane] = place;
  workgroupBarrier();
  for (var reach = ROWS / 2u; reach > 0u; reach /= 2u) {
    if (row < reach) {
      let other = lane + reach * COLUMNS;
      if (keys[other] > keys[lane] || (keys[other] == keys[lane] && places[other] < places[lane])) {
        keys[lane] = keys[other];
        places[lane] = places[other];
      }
    }
    workgroupBarrier();
  }
}
