// What the backward pass needs of a row: saved = (m, log l, Σ_d out dout); the last equals Σ_j p dp, the row sum that
// softmax's derivative subtracts (Dao et al. 2022). out, dout (B, T, H D), lse (B, H, T) = (m, log l), saved (B, H, T, 3). An
// invocation owns a row of a head. Link pack*.wgsl.
const LANES: u32 = 64;
alias T = f32;
alias OUT = f32;

struct Sizes { t: u32, heads: u32, n: u32, w: u32 }
@group(0) @binding(0) var<storage, read> out: array<OUT>;
@group(0) @binding(1) var<storage, read> dout: array<T>;
@group(0) @binding(2) var<storage, read> lse: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> saved: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Rows in memory order, (b, t, h).
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  var sum = 0.0;
  for (var i = row * sizes.w; i < row * sizes.w + sizes.w; i++) { sum += inner(F(out[i]), F(dout[i])); }
  let h = row % sizes.heads;
  let t = row / sizes.heads % sizes.t;
  let to = row / (sizes.heads * sizes.t) * sizes.heads * sizes.t + h * sizes.t + t;
  saved[3u * to] = lse[to].x;
  saved[3u * to + 1u] = lse[to].y;
  saved[3u * to + 2u] = sum;
}
