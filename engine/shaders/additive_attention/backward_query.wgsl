// With h_tja = tanh(q_ta + k_ja): dq_ta = vector_a Σ_j ds_tj (1 - h²), and Σ_j ds_tj h, of which the column sums are
// dvector. ds (B, T, S), q, dq and terms (B, T, A), k (B, S, A). An invocation owns a number of q. QUERY: dq is wanted;
// ADD: it holds a gradient already. Link tanh.wgsl.
const LANES: u32 = 64;
const QUERY: bool = true;
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
@group(0) @binding(4) var<storage, read_write> dq: array<DX>;
@group(0) @binding(5) var<storage, read_write> terms: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

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
  let key = row / sizes.t * sizes.s * sizes.width + a;
  let x = f32(q[i]);
  var slopes = 0.0;
  var values = 0.0;
  for (var j = 0u; j < sizes.s; j++) {
    let h = squash(x + f32(k[key + j * sizes.width]));
    let d = f32(ds[row * sizes.s + j]);
    slopes += d * (1.0 - h * h);
    values += d * h;
  }
  terms[i] = values;
  if (QUERY) {
    var d = slopes * f32(vector[a]);
    if (ADD) { d += f32(dq[i]); }
    dq[i] = DX(d);
  }
}
