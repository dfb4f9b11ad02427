// Linear attention as a recurrent network (Katharopoulos et al. 2020, equations 16 to 20): the state S (B, G, D, E + 1) takes
// each row's φ(k) v, with the 1 of keys.wgsl, then the row reads φ(q) S -> sums (B, T, H, E + 1), whose last column is
// the denominator. A run at position 0 starts from an empty state. An invocation owns a column of a key head's state, so
// rows need no barrier. Link queries.wgsl, keys.wgsl, graph/step.wgsl.
const LANES: u32 = 64;
@group(0) @binding(6) var<storage, read_write> state: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let e = group.x * LANES + lane;
  if (e >= sizes.y) { return; }
  let key_heads = sizes.heads / sizes.per_key;
  let b = group.y / key_heads;
  let key = group.y % key_heads;
  let base = group.y * sizes.width * sizes.y + e;
  for (var t = 0u; t < sizes.t; t++) {
    let fresh = t == 0u && now.position == 0u;
    for (var d = 0u; d < sizes.width; d++) {
      let at = base + d * sizes.y;
      var kept = 0.0;
      if (!fresh) { kept = state[at]; }
      if (t < visible(b)) { kept += key_feature(b, key, t, d) * key_value(b, key, t, e); }
      state[at] = kept;
    }
    for (var share = 0u; share < sizes.per_key; share++) {
      let head = key * sizes.per_key + share;
      var sum = 0.0;
      for (var d = 0u; d < sizes.width; d++) { sum += query_feature(b, head, t, d) * state[base + d * sizes.y]; }
      sums[((b * sizes.t + t) * sizes.heads + head) * sizes.y + e] = sum;
    }
  }
}
