// y[n] = table[ids[n]], zeros where the id is not below `rows` (IGNORE_INDEX). ids (N), table (V, C) of W,
// y (N, C) of T; c counts T. Each invocation owns PER elements of y, one workgroup apart.
const LANES: u32 = 64;
const PER: u32 = 1;
alias T = f32;
alias W = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<W>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let base = (group.x + group.y * groups.x) * (LANES * PER) + lane;
  for (var j = 0u; j < PER; j++) {
    let i = base + j * LANES;
    if (i >= sizes.n) { continue; }
    let id = ids[i / sizes.c];
    var value = F();
    if (id < sizes.rows) { value = F(table[id * sizes.c + i % sizes.c]); }
    y[i] = T(value);
  }
}
