// y = factor Σ x over an axis. x (O, N, inner) of T, N = size -> y (O, inner) of D, n numbers.
// A workgroup owns COLUMNS neighbours of y within one o. Its lanes stand in rows of COLUMNS; rows take turns along the
// axis, in stretches, because long sums lose digits, and are added up in a tree: a fixed order.
const LANES: u32 = 64;
const COLUMNS: u32 = 16; // 1 or 16
const STRETCH: u32 = 32;
alias T = f32;
alias D = f32;

struct Sizes { n: u32, size: u32, inner: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<D>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

const ROWS: u32 = LANES / COLUMNS;
var<workgroup> sums: array<f32, LANES>;

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
  let at = o * inner + column;
  let row = lane / COLUMNS;
  var sum = 0.0;
  if (column < inner && at < sizes.n) {
    let base = o * sizes.size * inner + column;
    for (var first = row; first < sizes.size; first += ROWS * STRETCH) {
      var part = 0.0;
      for (var k = first; k < min(first + ROWS * STRETCH, sizes.size); k += ROWS) { part += f32(x[base + k * inner]); }
      sum += part;
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var reach = ROWS / 2u; reach > 0u; reach /= 2u) {
    if (row < reach) { sums[lane] += sums[lane + reach * COLUMNS]; }
    workgroupBarrier();
  }
  if (row == 0u && column < inner && at < sizes.n) { y[at] = D(sums[lane] * sizes.factor); }
}
