// dq = scale ds k, where p = exp(scale q kᵀ - lse), dp = dout vᵀ and ds = p (dp - delta): p is computed again, never
// kept. Shapes and mapping as in forward_software.wgsl; dq is laid out like q. ADD: dq holds a gradient already.
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
@group(0) @binding(7) var<storage, read_write> dq: array<DX>;
@group(0) @binding(8) var<uniform> sizes: Sizes;

fn a_at(row: u32, i: u32, at: Rows) -> F { return F(k[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(v[at.base + min(row, at.last) * at.stride + i]); }

fn slope(s: vec4f, dp: vec4f, visible: vec4<bool>, lse: f32, delta: f32) -> vec4f {
  return select(vec4f(), exp(min(s * sizes.scale - lse, vec4f())) * (dp - delta) * sizes.scale, visible);
}

// ds of one row, `keys` numbering the first four.
fn slopes(s: Sixteen, dp: Sixteen, keys: vec4i, last: i32, lse: f32, delta: f32) -> Sixteen {
  return Sixteen(
    slope(s.a, dp.a, keys <= vec4i(last), lse, delta),
    slope(s.b, dp.b, keys + 4 <= vec4i(last), lse, delta),
    slope(s.c, dp.c, keys + 8 <= vec4i(last), lse, delta),
    slope(s.d, dp.d, keys + 12 <= vec4i(last), lse, delta),
  );
}

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
  let tile = (groups.x - 1u - group.x) * 16u;
  let visible = min(sizes.s, lengths[b]);
  let end = max(0, min(i32(visible), i32(tile) + 16 + sizes.shift));
  let head = h / sizes.heads_per_key * sizes.w;
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + head, sizes.k_stride, max(1u, visible) - 1u);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + head, sizes.v_stride, keys.last);
  let mates = vec4i(vec4u(lane, lane ^ 1u, lane ^ 2u, lane ^ 3u));

  let row = tile + vec4u(0u, 4u, 8u, 12u) + lane;
  let real = min(row, vec4u(sizes.t - 1u));
  let start = (b * sizes.t + real) * sizes.q_stride + sizes.q_offset + h * sizes.w;
  let up = ((b * sizes.t + real) * sizes.heads + h) * sizes.w;
  let last = min(vec4i(i32(visible) - 1), vec4i(row) + sizes.shift);
  let saved = bh * sizes.t + real;
  let log_sum = vec4f(lse[saved.x], lse[saved.y], lse[saved.z], lse[saved.w]);
  let mean = vec4f(delta[saved.x], delta[saved.y], delta[saved.z], delta[saved.w]);
  var d: array<F, OWNED>;
  for (var key = 0u; key < u32(end); key += 16u) {
    var s0 = zeros();
    var s1 = zeros();
    var s2 = zeros();
    var s3 = zeros();
    var p0 = zeros();
    var p1 = zeros();
    var p2 = zeros();
    var p3 = zeros();
    for (var i = 0u; i < sizes.w; i++) {
      let ka = four_a(key, lane, i, keys);
      let kb = four_a(key + 4u, lane, i, keys);
      let kc = four_a(key + 8u, lane, i, keys);
      let kd = four_a(key + 12u, lane, i, keys);
      s0 = add_products(s0, F(q[start.x + i]), ka, kb, kc, kd);
      s1 = add_products(s1, F(q[start.y + i]), ka, kb, kc, kd);
      s2 = add_products(s2, F(q[start.z + i]), ka, kb, kc, kd);
      s3 = add_products(s3, F(q[start.w + i]), ka, kb, kc, kd);
      let va = four_b(key, lane, i, values);
      let vb = four_b(key + 4u, lane, i, values);
      let vc = four_b(key + 8u, lane, i, values);
      let vd = four_b(key + 12u, lane, i, values);
      p0 = add_products(p0, F(dout[up.x + i]), va, vb, vc, vd);
      p1 = add_products(p1, F(dout[up.y + i]), va, vb, vc, vd);
      p2 = add_products(p2, F(dout[up.z + i]), va, vb, vc, vd);
      p3 = add_products(p3, F(dout[up.w + i]), va, vb, vc, vd);
    }
    let number = vec4i(i32(key)) + mates;
    s0 = slopes(s0, p0, number, last.x, log_sum.x, mean.x);
    s1 = slopes(s1, p1, number, last.y, log_sum.y, mean.y);
    s2 = slopes(s2, p2, number, last.z, log_sum.z, mean.z);
    s3 = slopes(s3, p3, number, last.w, log_sum.w, mean.w);
    for (var i = 0u; i < sizes.w; i++) {
      let ka = four_a(key, lane, i, keys);
      let kb = four_a(key + 4u, lane, i, keys);
      let kc = four_a(key + 8u, lane, i, keys);
      let kd = four_a(key + 12u, lane, i, keys);
      d[4u * i] = add_weighted(d[4u * i], s0, ka, kb, kc, kd);
      d[4u * i + 1u] = add_weighted(d[4u * i + 1u], s1, ka, kb, kc, kd);
      d[4u * i + 2u] = add_weighted(d[4u * i + 2u], s2, ka, kb, kc, kd);
      d[4u * i + 3u] = add_weighted(d[4u * i + 3u], s3, ka, kb, kc, kd);
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (row[r] >= sizes.t) { continue; }
    for (var i = 0u; i < sizes.w; i++) {
      var x = d[4u * i + r];
      if (ADD) { x += F(dq[start[r] + i]); }
      dq[start[r] + i] = DX(x);
    }
  }
}
