// gather.wgsl with R = 1 for GPUs: x (P, I, Q, J) -> y (P, J, Q, I). A workgroup owns a tile of TILE × TILE numbers of one
// (p, q): its lanes read neighbours along j, and write neighbours along i. tiles_i and tiles_j cover I and J.
const TILE: u32 = 16;
const ADD: bool = false;
alias S = f32;
alias T = f32;

struct Sizes { n: u32, i: u32, q: u32, j: u32, tiles_i: u32, tiles_j: u32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

const PITCH: u32 = TILE + 1u; // columns of the tile lie in different banks of memory
var<workgroup> tile: array<f32, TILE * PITCH>;

@compute @workgroup_size(TILE, TILE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let id = group.x + group.y * groups.x;
  let j0 = id % sizes.tiles_j * TILE;
  var rest = id / sizes.tiles_j;
  let i0 = rest % sizes.tiles_i * TILE;
  rest /= sizes.tiles_i;
  let q = rest % sizes.q;
  let p = rest / sizes.q;
  // A surplus group of a folded grid has a p beyond P: n tells.
  let first = p * sizes.i * sizes.q * sizes.j;
  let inside = first < sizes.n;
  if (inside && i0 + lane.y < sizes.i && j0 + lane.x < sizes.j) {
    tile[lane.y * PITCH + lane.x] = f32(x[first + ((i0 + lane.y) * sizes.q + q) * sizes.j + j0 + lane.x]);
  }
  workgroupBarrier();
  if (inside && i0 + lane.x < sizes.i && j0 + lane.y < sizes.j) {
    let at = first + ((j0 + lane.y) * sizes.q + q) * sizes.i + i0 + lane.x;
    var value = tile[lane.x * PITCH + lane.y];
    if (ADD) { value += f32(y[at]); }
    y[at] = T(value);
  }
}
