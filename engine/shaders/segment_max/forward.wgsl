// y = the largest x of the rows of each segment, at = its row, the first of equal ones; 0 and `edges` where there is none.
// x (E, C) of T, offsets (N + 1) -> y and at (N, C). NaN is larger than everything. Workgroups and lanes as in
// lib/edges/walk.wgsl. Link ../max/key.wgsl and ../max/most.wgsl.
const LANES: u32 = 64;
const COLUMNS: u32 = 16; // a power of two
alias T = f32;

struct Sizes { segments: u32, edges: u32, c: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> at: array<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let blocks = (sizes.c + COLUMNS - 1u) / COLUMNS;
  let id = group.x + group.y * groups.x;
  let n = id / blocks;
  let column = id % blocks * COLUMNS + lane % COLUMNS;
  let row = lane / COLUMNS;
  let mine = n < sizes.segments && column < sizes.c;
  var most = 0u;
  var place = sizes.edges;
  if (mine) {
    let end = offsets[n + 1u];
    for (var e = offsets[n] + row; e < end; e += ROWS) {
      let own = key(f32(x[e * sizes.c + column]));
      if (own > most) {
        most = own;
        place = e;
      }
    }
  }
  find_most(lane, row, most, place);
  if (mine && row == 0u) {
    let result = n * sizes.c + column;
    at[result] = places[lane];
    var value = T();
    if (places[lane] < sizes.edges) { value = x[places[lane] * sizes.c + column]; }
    y[result] = value;
  }
}
