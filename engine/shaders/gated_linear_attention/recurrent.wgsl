// A few rows of the recurrence itself, for decoding: state (B, N, D, E) goes through them in order, in place, and each row that is
// real reads it: out (B, T, O, E). A run at position 0 starts from an empty state. An invocation owns a column of a state, which never meets
// another, so that rows need no barrier. Link log_gate*.wgsl, rate*.wgsl and graph/step.wgsl.
alias Q = f32;
alias K = f32;
alias V = f32;
alias Y = f32;
const LANES: u32 = 64;
const DELTA: bool = false;
struct Sizes {
  t: u32, states: u32, heads: u32, key_heads: u32, shares: u32, width: u32, value_width: u32,
  q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32, v_stride: u32, v_offset: u32, scale: f32,
}
@group(0) @binding(0) var<storage, read> q: array<Q>;
@group(0) @binding(1) var<storage, read> k: array<K>;
@group(0) @binding(2) var<storage, read> v: array<V>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<Y>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let e = group.x * LANES + lane;
  if (e >= sizes.value_width) { return; }
  let b = group.y / sizes.states;
  let n = group.y % sizes.states;
  let base = group.y * sizes.width * sizes.value_width + e;
  let real = min(sizes.t, lengths[b]);
  for (var t = 0u; t < sizes.t; t++) {
    let row = b * sizes.t + t;
    let key = row * sizes.k_stride + sizes.k_offset + n * sizes.key_heads / sizes.states * sizes.width;
    let fresh = t == 0u && now.position == 0u;
    var held = 0.0;
    for (var d = 0u; d < sizes.width; d++) {
      let at = base + d * sizes.value_width;
      var kept = 0.0;
      if (!fresh) { kept = state[at]; }
      if (t < real) { kept *= exp(log_gate(row * sizes.states + n, d, sizes.width)); }
      state[at] = kept;
      if (DELTA) { held += kept * f32(k[key + d]); }
    }
    if (t < real) {
      let value = f32(v[row * sizes.v_stride + sizes.v_offset + n * sizes.value_width + e]);
      let written = rate(b, t, n) * (value - held);
      for (var d = 0u; d < sizes.width; d++) { state[base + d * sizes.value_width] += f32(k[key + d]) * written; }
    }
    for (var share = 0u; share < sizes.shares; share++) {
      let head = n * sizes.shares + share;
      let query = row * sizes.q_stride + sizes.q_offset + head * sizes.heads / (sizes.states * sizes.shares) * sizes.width;
      var sum = 0.0;
      for (var d = 0u; d < sizes.width; d++) { sum += f32(q[query + d]) * state[base + d * sizes.value_width]; }
      out[(row * sizes.states * sizes.shares + head) * sizes.value_width + e] = Y(sum * sizes.scale);
    }
  }
}
