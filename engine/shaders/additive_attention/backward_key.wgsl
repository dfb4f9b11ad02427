// dk_ja = vector_a Σ_t ds_tj (1 - tanh²(q_ta + k_ja)). ds (B, T, S), q (B, T, A), k and dk (B, S, A). An invocation owns a
// number of k. ADD: dk holds a gradient already. Link tanh.wgsl.
const LANES: u32 = 64;
const ADD: bool = false;
alias Q = f32;
alias K = f32;
alias W = f32;
alias Y = f32;
alias DX = f32;

struct Sizes { n: u32, t: u32, s: u32, width: u32 }
@group(0) @binding(0) var<storage, read> q: array<Q>;
@group(0) @binding(1) var<storage, read> k: array<K>;
@group(0) @binding(2) var<storage, read> vector: array<W>;
@group(0) @binding(3) var<storage, read> ds: array<Y>;
@group(0) @binding(4) var<storage, read_write> dk: array<DX>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let a = i % sizes.width;
  let row = i / sizes.width;
  let b = row / sizes.s;
  let query = b * sizes.t * sizes.width + a;
  let score = b * sizes.t * sizes.s + row % sizes.s;
  let x = f32(k[i]);
  var sum = 0.0;
  for (var t = 0u; t < sizes.t; t++) {
    let h = squash(x + f32(q[query + t * sizes.width]));
    sum += f32(ds[score + t * sizes.s]) * (1.0 - h * h);
  }
  var d = sum * f32(vector[a]);
  if (ADD) { d += f32(dk[i]); }
  dk[i] = DX(d);
}
