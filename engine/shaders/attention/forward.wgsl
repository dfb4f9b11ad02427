// out = softmax(scale q kᵀ + mask) v, one pass over the keys with a running maximum m and sum l:
// Milakov and Gimelshein 2018, Dao et al. 2022. q (B, T, H D), k and v (B, S, G D) are column ranges of wider rows;
// out (B, T, H D), lse (B, H, T) = m + log l for the backward pass. Sizes and offsets count F.
// A workgroup owns 32 query rows of a head; lanes as in tile.wgsl. Link pack*.wgsl, tile.wgsl, step.wgsl.
const CACHED: bool = false;  // k and v are caches: query row t stands at now.position + t
alias T = f32;
alias KV = f32;

struct Sizes {
  t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32,
  v_stride: u32, v_offset: u32, shift: i32, scale: f32, w: u32,
}
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<T>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

const MASKED: f32 = -1e30;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let h = group.y % sizes.heads;
  let b = group.y / sizes.heads;
  // The longest rows of a causal mask go first, so that the last workgroups to finish are short.
  let tile = (groups.x - 1u - group.x) * 32u;
  var shift = sizes.shift;
  var visible = min(sizes.s, lengths[b]);
  if (CACHED) {
    shift += i32(now.position);
    visible = min(visible, now.position + sizes.t);
  }
  let end = u32(max(0, min(i32(visible), i32(tile) + 32 + shift)));
  let head = h / sizes.heads_per_key * sizes.w;
  let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + head, sizes.k_stride, max(1u, visible) - 1u);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + head, sizes.v_stride, keys.last);

  var o: Output;
  var m = vec4f(MASKED);
  var l = vec4f(); // this lane's share
  for (var key = 0u; key < end; key += 32u) {
    var s = Products();
    for (var c = 0u; c < sizes.w; c += 8u) {
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        let i = c + e % 8u;
        var x = F();
        var y = F();
        if (i < sizes.w) {
          x = F(q[place(tile + e / 8u, i, queries)]);
          y = F(k[place(key + e / 8u, i, keys)]);
        }
        left[e / 8u * 9u + e % 8u] = x;
        right[e / 8u * 9u + e % 8u] = y;
      }
      workgroupBarrier();
      multiply(&s, sizes.w - c, lx, ly);
    }
    let number = vec4i(i32(key + lx)) + vec4i(0, 8, 16, 24);
    for (var r = 0u; r < 4u; r++) {
      let last = min(i32(visible) - 1, i32(tile + ly * 4u + r) + shift);
      s[r] = select(vec4f(MASKED), s[r] * sizes.scale, number <= vec4i(last));
      partial[(ly * 4u + r) * 8u + lx] = max(max(s[r].x, s[r].y), max(s[r].z, s[r].w));
    }
    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) {
      var higher = m[r];
      for (var n = 0u; n < 8u; n++) { higher = max(higher, partial[(ly * 4u + r) * 8u + n]); }
      let shrink = exp(m[r] - higher);
      let p = select(vec4f(), exp(s[r] - higher), s[r] > vec4f(MASKED));
      cross[(ly * 4u + r) * 9u + lx] = p;
      m[r] = higher;
      l[r] = l[r] * shrink + p.x + p.y + p.z + p.w;
      for (var c = 0u; c < COLUMNS; c++) { o[c * 4u + r] *= shrink; }
    }
    for (var c = 0u; c < COLUMNS; c++) {
      if (c * 8u >= sizes.w) { break; }
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        let i = c * 8u + e % 8u;
        var x = F();
        if (i < sizes.w) { x = F(v[place(key + e / 8u, i, values)]); }
        right[e / 8u * 9u + e % 8u] = x;
      }
      workgroupBarrier();
      accumulate(&o, c, end - key, lx, ly);
    }
  }
  for (var r = 0u; r < 4u; r++) { partial[(ly * 4u + r) * 8u + lx] = l[r]; }
  workgroupBarrier();
  for (var r = 0u; r < 4u; r++) {
    let row = tile + ly * 4u + r;
    if (row >= sizes.t) { continue; }
    var sum = 0.0;
    for (var n = 0u; n < 8u; n++) { sum += partial[(ly * 4u + r) * 8u + n]; }
    let seen = sum > 0.0; // a row that sees no key gives zeros
    let inverse = select(0.0, 1.0 / max(sum, 1e-30), seen);
    for (var c = 0u; c < COLUMNS; c++) {
      let i = c * 8u + lx;
      if (i < sizes.w) { out[((b * sizes.t + row) * sizes.heads + h) * sizes.w + i] = T(o[c * 4u + r] * inverse); }
    }
    if (lx == 0u) { lse[group.y * sizes.t + row] = select(0.0, m[r] + log(max(sum, 1e-30)), seen); }
  }
}
