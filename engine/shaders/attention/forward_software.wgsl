// out = softmax(scale q kᵀ + mask) v, one pass over the keys with a running maximum m and sum l:
// Milakov and Gimelshein 2018, Dao et al. 2022. q (B, T, H D), k and v (B, S, G D) are column ranges of wider rows;
// out (B, T, H D), lse (B, H, T) = m + log l for the backward pass. Sizes and offsets count F.
// A quad owns 16 query rows of a head: lane takes rows lane, lane + 4, lane + 8, lane + 12. The quads of a workgroup
// take neighbouring heads, so that all loop alike. Link pack*.wgsl, tile_software.wgsl, quad*.wgsl, step.wgsl.
const LANES: u32 = 16;
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

fn a_at(row: u32, i: u32, at: Rows) -> F { return F(k[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(v[at.base + min(row, at.last) * at.stride + i]); }

// Scores scaled and masked; `keys` numbers the first four.
fn masked(s: Sixteen, keys: vec4i, last: i32) -> Sixteen {
  let hidden = vec4f(MASKED);
  return Sixteen(
    select(hidden, s.a * sizes.scale, keys <= vec4i(last)),
    select(hidden, s.b * sizes.scale, keys + 4 <= vec4i(last)),
    select(hidden, s.c * sizes.scale, keys + 8 <= vec4i(last)),
    select(hidden, s.d * sizes.scale, keys + 12 <= vec4i(last)),
  );
}

fn largest(s: Sixteen, m: f32) -> f32 {
  let four = max(max(s.a, s.b), max(s.c, s.d));
  return max(m, max(max(four.x, four.y), max(four.z, four.w)));
}

fn weight(s: vec4f, m: f32) -> vec4f { return select(vec4f(), exp(s - m), s > vec4f(MASKED)); }
fn weights(s: Sixteen, m: f32) -> Sixteen {
  return Sixteen(weight(s.a, m), weight(s.b, m), weight(s.c, m), weight(s.d, m));
}
fn total(s: Sixteen) -> f32 { return dot(s.a + s.b + s.c + s.d, vec4f(1.0)); }

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = local & 3u;
  let bh = group.y * (LANES / 4u) + local / 4u;
  let h = bh % sizes.heads;
  let b = group.y * (LANES / 4u) / sizes.heads;
  // The longest rows of a causal mask go first, so that the last workgroups to finish are short.
  let tile = (groups.x - 1u - group.x) * 16u;
  var shift = sizes.shift;
  var visible = min(sizes.s, lengths[b]);
  if (CACHED) {
    shift += i32(now.position);
    visible = min(visible, now.position + sizes.t);
  }
  let end = max(0, min(i32(visible), i32(tile) + 16 + shift));
  let keys = Rows((b * sizes.s) * sizes.k_stride + sizes.k_offset + h / sizes.heads_per_key * sizes.w, sizes.k_stride, max(1u, visible) - 1u);
  let values = Rows((b * sizes.s) * sizes.v_stride + sizes.v_offset + h / sizes.heads_per_key * sizes.w, sizes.v_stride, keys.last);
  let mates = vec4i(vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u));

  let row = tile + vec4u(0u, 4u, 8u, 12u) + lane;
  let start = (b * sizes.t + min(row, vec4u(sizes.t - 1u))) * sizes.q_stride + sizes.q_offset + h * sizes.w;
  let last = min(vec4i(i32(visible) - 1), vec4i(row) + shift);
  var o: array<F, OWNED>;
  var m = vec4f(MASKED);
  var l = vec4f();
  for (var key = 0u; key < u32(end); key += 16u) {
    var s0 = zeros();
    var s1 = zeros();
    var s2 = zeros();
    var s3 = zeros();
    for (var i = 0u; i < sizes.w; i++) {
      let ka = four_a(key, lane, i, keys);
      let kb = four_a(key + 4u, lane, i, keys);
      let kc = four_a(key + 8u, lane, i, keys);
      let kd = four_a(key + 12u, lane, i, keys);
      s0 = add_products(s0, F(q[start.x + i]), ka, kb, kc, kd);
      s1 = add_products(s1, F(q[start.y + i]), ka, kb, kc, kd);
      s2 = add_products(s2, F(q[start.z + i]), ka, kb, kc, kd);
      s3 = add_products(s3, F(q[start.w + i]), ka, kb, kc, kd);
    }
    let number = vec4i(i32(key)) + mates;
    s0 = masked(s0, number, last.x);
    s1 = masked(s1, number, last.y);
    s2 = masked(s2, number, last.z);
    s3 = masked(s3, number, last.w);
    let higher = vec4f(largest(s0, m.x), largest(s1, m.y), largest(s2, m.z), largest(s3, m.w));
    let shrink = exp(m - higher);
    m = higher;
    s0 = weights(s0, m.x);
    s1 = weights(s1, m.y);
    s2 = weights(s2, m.z);
    s3 = weights(s3, m.w);
    l = l * shrink + vec4f(total(s0), total(s1), total(s2), total(s3));
    for (var i = 0u; i < sizes.w; i++) {
      let va = four_b(key, lane, i, values);
      let vb = four_b(key + 4u, lane, i, values);
      let vc = four_b(key + 8u, lane, i, values);
      let vd = four_b(key + 12u, lane, i, values);
      o[4u * i] = add_weighted(o[4u * i] * shrink.x, s0, va, vb, vc, vd);
      o[4u * i + 1u] = add_weighted(o[4u * i + 1u] * shrink.y, s1, va, vb, vc, vd);
      o[4u * i + 2u] = add_weighted(o[4u * i + 2u] * shrink.z, s2, va, vb, vc, vd);
      o[4u * i + 3u] = add_weighted(o[4u * i + 3u] * shrink.w, s3, va, vb, vc, vd);
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (row[r] >= sizes.t) { continue; }
    let seen = l[r] > 0.0; // a row that sees no key gives zeros
    let inverse = select(0.0, 1.0 / max(l[r], 1e-30), seen);
    for (var i = 0u; i < sizes.w; i++) {
      out[((b * sizes.t + row[r]) * sizes.heads + h) * sizes.w + i] = T(o[4u * i + r] * inverse);
    }
    lse[bh * sizes.t + row[r]] = select(0.0, m[r] + log(max(l[r], 1e-30)), seen);
  }
}
