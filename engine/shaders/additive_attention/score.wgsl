// score_tj = Σ_a vector_a tanh(q_ta + k_ja), (B, T, S), from q (B, T, A), k (B, S, A) and vector (A). An invocation owns a
// score. Link tanh.wgsl.
const LANES: u32 = 64;
alias Q = f32;
alias K = f32;
alias W = f32;
alias Y = f32;

struct Sizes { n: u32, t: u32, s: u32, width: u32 }
@group(0) @binding(0) var<storage, read> q: array<Q>;
@group(0) @binding(1) var<storage, read> k: array<K>;
@group(0) @binding(2) var<storage, read> vector: array<W>;
@group(0) @binding(3) var<storage, read_write> scores: array<Y>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let query = i / sizes.s * sizes.width;
  let key = (i / sizes.s / sizes.t * sizes.s + i % sizes.s) * sizes.width;
  var sum = 0.0;
  for (var a = 0u; a < sizes.width; a++) {
    sum += f32(vector[a]) * squash(f32(q[query + a]) + f32(k[key + a]));
  }
  scores[i] = Y(sum);
}
