// y[n] = Σ term(n, e) over the edges e of segment n, or their mean; 0 where there is none. y (N, C) of T; c counts Fs.
// A workgroup owns COLUMNS neighbours of a row of y. Its lanes stand in rows of COLUMNS; rows take turns along the edges,
// in stretches, because long sums lose digits, and are added up in a tree: a fixed order.
// Link one of segments_*.wgsl and a file that declares fn term(n: u32, e: u32, column: u32) -> F.
const LANES: u32 = 64;
const COLUMNS: u32 = 16; // a power of two
const STRETCH: u32 = 32;
const ADD: bool = false; // y holds a gradient already
const MEAN: bool = false;
alias T = f32;
alias F = f32;

struct Sizes { segments: u32, edges: u32, span: u32, c: u32, per: u32, slope: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

const ROWS: u32 = LANES / COLUMNS;
var<workgroup> sums: array<F, LANES>;

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
  var sum = F();
  if (mine) {
    let end = segment_end(n);
    for (var first = segment_begin(n) + row; first < end; first += ROWS * STRETCH) {
      var part = F();
      for (var k = first; k < min(first + ROWS * STRETCH, end); k += ROWS) { part += term(n, edge_at(k), column); }
      sum += part;
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var reach = ROWS / 2u; reach > 0u; reach /= 2u) {
    if (row < reach) { sums[lane] += sums[lane + reach * COLUMNS]; }
    workgroupBarrier();
  }
  if (mine && row == 0u) {
    let at = n * sizes.c + column;
    var result = sums[lane];
    if (MEAN) { result /= f32(max(segment_end(n) - segment_begin(n), 1u)); }
    if (ADD) { result += F(y[at]); }
    y[at] = T(result);
  }
}
