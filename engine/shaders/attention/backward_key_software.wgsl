// dv = pᵀ dout and dk = scale dsᵀ q, with p, dp and ds as in backward_query_software.wgsl.
// Each output has one owner: a quad owns 16 keys of a key head (lane takes keys lane, lane + 4, …) and streams the
// queries of every head that shares it. dkv is laid out like the tensor of k and v. ADD: it holds a gradient already.
const LANES: u32 = 16;
const ADD: bool = false;
alias T = f32;
alias KV = f32;
alias DX = f32;

struct Sizes {
  t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32,
  v_stride: u32, v_offset: u32, shift: i32, scale: f32, w: u32,
}
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> dout: array<T>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read> delta: array<f32>;
@group(0) @binding(7) var<storage, read_write> dkv: array<DX>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

fn a_at(row: u32, i: u32, at: Rows) -> F { return F(q[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(dout[at.base + min(row, at.last) * at.stride + i]); }

// lse and delta of four queries.
fn log_sums(row: vec4i, head: u32) -> vec4f {
  let at = head * sizes.t + min(vec4u(row), vec4u(sizes.t - 1u));
  return vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
}
fn means(row: vec4i, head: u32) -> vec4f {
  let at = head * sizes.t + min(vec4u(row), vec4u(sizes.t - 1u));
  return vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
}

fn weight(s: vec4f, queries: vec4i, first: i32, log_sum: vec4f) -> vec4f {
  let visible = (queries >= vec4i(first)) & (queries < vec4i(i32(sizes.t)));
  return select(vec4f(), exp(min(s * sizes.scale - log_sum, vec4f())), visible);
}
fn weights(s: Sixteen, queries: vec4i, first: i32, log_sum: Sixteen) -> Sixteen {
  return Sixteen(
    weight(s.a, queries, first, log_sum.a), weight(s.b, queries + 4, first, log_sum.b),
    weight(s.c, queries + 8, first, log_sum.c), weight(s.d, queries + 12, first, log_sum.d),
  );
}
fn slopes(p: Sixteen, dp: Sixteen, mean: Sixteen) -> Sixteen {
  return Sixteen(
    p.a * (dp.a - mean.a) * sizes.scale, p.b * (dp.b - mean.b) * sizes.scale,
    p.c * (dp.c - mean.c) * sizes.scale, p.d * (dp.d - mean.d) * sizes.scale,
  );
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local & 3u;
  let key_heads = sizes.heads / sizes.heads_per_key;
  let bh = group.y * (LANES / 4u) + local / 4u;
  let key_head = bh % key_heads;
  let b = group.y * (LANES / 4u) / key_heads;
  let tile = group.x * 16u;
  let visible = min(sizes.s, lengths[b]);
  let mates = vec4i(vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u));

  let row = tile + vec4u(0u, 4u, 8u, 12u) + lane;
  let real = b * sizes.s + min(row, vec4u(sizes.s - 1u));
  let key_at = real * sizes.k_stride + sizes.k_offset + key_head * sizes.w;
  let value_at = real * sizes.v_stride + sizes.v_offset + key_head * sizes.w;
  // The first query that sees the key; none sees padding.
  let first = select(vec4i(i32(sizes.t)), vec4i(row) - sizes.shift, row < vec4u(visible));
  let begin = u32(max(0, i32(tile) - sizes.shift));
  var dk: array<F, OWNED>;
  var dv: array<F, OWNED>;
  for (var n = 0u; n < sizes.heads_per_key; n++) {
    let h = key_head * sizes.heads_per_key + n;
    let head = b * sizes.heads + h;
    let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
    let ups = Rows((b * sizes.t * sizes.heads + h) * sizes.w, sizes.heads * sizes.w, sizes.t - 1u);
    for (var query = begin; query < sizes.t; query += 16u) {
      var s0 = zeros();
      var s1 = zeros();
      var s2 = zeros();
      var s3 = zeros();
      var d0 = zeros();
      var d1 = zeros();
      var d2 = zeros();
      var d3 = zeros();
      for (var i = 0u; i < sizes.w; i++) {
        let qa = four_a(query, lane, i, queries);
        let qb = four_a(query + 4u, lane, i, queries);
        let qc = four_a(query + 8u, lane, i, queries);
        let qd = four_a(query + 12u, lane, i, queries);
        s0 = add_products(s0, F(k[key_at.x + i]), qa, qb, qc, qd);
        s1 = add_products(s1, F(k[key_at.y + i]), qa, qb, qc, qd);
        s2 = add_products(s2, F(k[key_at.z + i]), qa, qb, qc, qd);
        s3 = add_products(s3, F(k[key_at.w + i]), qa, qb, qc, qd);
        let ua = four_b(query, lane, i, ups);
        let ub = four_b(query + 4u, lane, i, ups);
        let uc = four_b(query + 8u, lane, i, ups);
        let ud = four_b(query + 12u, lane, i, ups);
        d0 = add_products(d0, F(v[value_at.x + i]), ua, ub, uc, ud);
        d1 = add_products(d1, F(v[value_at.y + i]), ua, ub, uc, ud);
        d2 = add_products(d2, F(v[value_at.z + i]), ua, ub, uc, ud);
        d3 = add_products(d3, F(v[value_at.w + i]), ua, ub, uc, ud);
      }
      let t = vec4i(i32(query)) + mates;
      let log_sum = Sixteen(log_sums(t, head), log_sums(t + 4, head), log_sums(t + 8, head), log_sums(t + 12, head));
      let mean = Sixteen(means(t, head), means(t + 4, head), means(t + 8, head), means(t + 12, head));
      s0 = weights(s0, t, first.x, log_sum);
      s1 = weights(s1, t, first.y, log_sum);
      s2 = weights(s2, t, first.z, log_sum);
      s3 = weights(s3, t, first.w, log_sum);
      d0 = slopes(s0, d0, mean);
      d1 = slopes(s1, d1, mean);
      d2 = slopes(s2, d2, mean);
      d3 = slopes(s3, d3, mean);
      for (var i = 0u; i < sizes.w; i++) {
        let ua = four_b(query, lane, i, ups);
        let ub = four_b(query + 4u, lane, i, ups);
        let uc = four_b(query + 8u, lane, i, ups);
        let ud = four_b(query + 12u, lane, i, ups);
        dv[4u * i] = add_weighted(dv[4u * i], s0, ua, ub, uc, ud);
        dv[4u * i + 1u] = add_weighted(dv[4u * i + 1u], s1, ua, ub, uc, ud);
        dv[4u * i + 2u] = add_weighted(dv[4u * i + 2u], s2, ua, ub, uc, ud);
        dv[4u * i + 3u] = add_weighted(dv[4u * i + 3u], s3, ua, ub, uc, ud);
        let qa = four_a(query, lane, i, queries);
        let qb = four_a(query + 4u, lane, i, queries);
        let qc = four_a(query + 8u, lane, i, queries);
        let qd = four_a(query + 12u, lane, i, queries);
        dk[4u * i] = add_weighted(dk[4u * i], d0, qa, qb, qc, qd);
        dk[4u * i + 1u] = add_weighted(dk[4u * i + 1u], d1, qa, qb, qc, qd);
        dk[4u * i + 2u] = add_weighted(dk[4u * i + 2u], d2, qa, qb, qc, qd);
        dk[4u * i + 3u] = add_weighted(dk[4u * i + 3u], d3, qa, qb, qc, qd);
      }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (row[r] >= sizes.s) { continue; }
    for (var i = 0u; i < sizes.w; i++) {
      var x = dk[4u * i + r];
      var y = dv[4u * i + r];
      if (ADD) {
        x += F(dkv[key_at[r] + i]);
        y += F(dkv[value_at[r] + i]);
      }
      dkv[key_at[r] + i] = DX(x);
      dkv[value_at[r] + i] = DX(y);
    }
  }
}
