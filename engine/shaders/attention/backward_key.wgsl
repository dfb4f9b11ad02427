// dv = pᵀ dout and dk = scale dsᵀ q, with p, dp and ds as in backward_query.wgsl.
// Each output has one owner: a workgroup owns 32 keys of a key head and streams the queries of every head that shares
// it; lanes as in tile.wgsl. dkv is laid out like the tensor of k and v. ADD: it holds a gradient already.
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

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let lx = lane % 8u;
  let ly = lane / 8u;
  let key_heads = sizes.heads / sizes.heads_per_key;
  let key_head = group.y % key_heads;
  let b = group.y / key_heads;
  let tile = group.x * 32u;
  let visible = min(sizes.s, lengths[b]);
  let begin = u32(max(0, i32(tile) - sizes.shift));
  let head = key_head * sizes.w;
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + head, sizes.k_stride, sizes.s - 1u);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + head, sizes.v_stride, sizes.s - 1u);

  var dk: Output;
  var dv: Output;
  for (var share = 0u; share < sizes.heads_per_key; share++) {
    let h = key_head * sizes.heads_per_key + share;
    let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
    let ups = Rows((b * sizes.t * sizes.heads + h) * sizes.w, sizes.heads * sizes.w, sizes.t - 1u);
    for (var query = begin; query < sizes.t; query += 32u) {
      var s = Products();
      var dp = Products();
      for (var c = 0u; c < sizes.w; c += 8u) {
        workgroupBarrier();
        for (var e = lane; e < 256u; e += LANES) {
          let i = c + e % 8u;
          var x = F();
          var y = F();
          if (i < sizes.w) {
            x = F(k[place(tile + e / 8u, i, keys)]);
            y = F(q[place(query + e / 8u, i, queries)]);
          }
          left[e / 8u * 9u + e % 8u] = x;
          right[e / 8u * 9u + e % 8u] = y;
        }
        workgroupBarrier();
        multiply(&s, sizes.w - c, lx, ly);
        workgroupBarrier();
        for (var e = lane; e < 256u; e += LANES) {
          let i = c + e % 8u;
          var x = F();
          var y = F();
          if (i < sizes.w) {
            x = F(v[place(tile + e / 8u, i, values)]);
            y = F(dout[place(query + e / 8u, i, ups)]);
          }
          left[e / 8u * 9u + e % 8u] = x;
          right[e / 8u * 9u + e % 8u] = y;
        }
        workgroupBarrier();
        multiply(&dp, sizes.w - c, lx, ly);
      }
      let t = vec4u(query + lx) + vec4u(0u, 8u, 16u, 24u);
      let at = (b * sizes.heads + h) * sizes.t + min(t, vec4u(sizes.t - 1u));
      let log_sum = vec4f(lse[at.x], lse[at.y], lse[at.z], lse[at.w]);
      let mean = vec4f(delta[at.x], delta[at.y], delta[at.z], delta[at.w]);
      for (var r = 0u; r < 4u; r++) {
        let row = tile + ly * 4u + r;
        let seen = (vec4i(t) + sizes.shift >= vec4i(i32(row))) & (t < vec4u(select(0u, sizes.t, row < visible)));
        let p = select(vec4f(), exp(min(s[r] * sizes.scale - log_sum, vec4f())), seen);
        cross[(ly * 4u + r) * 9u + lx] = p;
        dp[r] = p * (dp[r] - mean) * sizes.scale;
      }
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * 8u >= sizes.w) { break; }
        workgroupBarrier();
        for (var e = lane; e < 256u; e += LANES) {
          let i = c * 8u + e % 8u;
          var x = F();
          if (i < sizes.w) { x = F(dout[place(query + e / 8u, i, ups)]); }
          right[e / 8u * 9u + e % 8u] = x;
        }
        workgroupBarrier();
        accumulate(&dv, c, sizes.t - query, lx, ly);
      }
      workgroupBarrier();
      for (var r = 0u; r < 4u; r++) { cross[(ly * 4u + r) * 9u + lx] = dp[r]; }
      for (var c = 0u; c < COLUMNS; c++) {
        if (c * 8u >= sizes.w) { break; }
        workgroupBarrier();
        for (var e = lane; e < 256u; e += LANES) {
          let i = c * 8u + e % 8u;
          var x = F();
          if (i < sizes.w) { x = F(q[place(query + e / 8u, i, queries)]); }
          right[e / 8u * 9u + e % 8u] = x;
        }
        workgroupBarrier();
        accumulate(&dk, c, sizes.t - query, lx, ly);
      }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let row = tile + ly * 4u + r;
    for (var c = 0u; c < COLUMNS; c++) {
      let i = c * 8u + lx;
      if (row < sizes.s && i < sizes.w) {
        let to_key = keys.base + row * keys.stride + i;
        let to_value = values.base + row * values.stride + i;
        var x = dk[c * 4u + r];
        var y = dv[c * 4u + r];
        if (ADD) {
          x += F(dkv[to_key]);
          y += F(dkv[to_value]);
        }
        dkv[to_key] = DX(x);
        dkv[to_value] = DX(y);
      }
    }
  }
}
