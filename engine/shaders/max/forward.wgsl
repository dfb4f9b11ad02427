// y = the largest x along an axis, at = its place on it, the first of equal ones. x (O, N, inner) of T, N = size -> y and
// at (O, inner), n numbers. NaN is larger than everything. Workgroups and lanes as in sum/forward.wgsl. Link key.wgsl
// and most.wgsl.
const LANES: u32 = 64;
const COLUMNS: u32 = 16; // 1 or 16
alias T = f32;

struct Sizes { n: u32, size: u32, inner: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read_write> at: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let inner = sizes.inner;
  let blocks = (inner + COLUMNS - 1u) / COLUMNS;
  let id = group.x + group.y * groups.x;
  let o = id / blocks;
  let column = id % blocks * COLUMNS + lane % COLUMNS;
  let result = o * inner + column;
  let row = lane / COLUMNS;
  let base = o * sizes.size * inner + column;
  var most = 0u;
  var place = 0u;
  if (column < inner && result < sizes.n) {
    for (var k = row; k < sizes.size; k += ROWS) {
      let own = key(f32(x[base + k * inner]));
      if (own > most) {
        most = own;
        place = k;
      }
    }
  }
  find_most(lane, row, most, place);
  if (row == 0u && column < inner && result < sizes.n) {
    at[result] = places[lane];
    y[result] = x[base + places[lane] * inner];
  }
}
