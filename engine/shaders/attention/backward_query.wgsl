// dq = scale ds k, where p = exp(scale q kᵀ - lse), dp = dout vᵀ and ds = p (dp - delta): p is computed again, never
// kept. Shapes and mapping as in forward.wgsl; dq is laid out like q. ADD: dq holds a gradient already.
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
  let tile = (groups.x - 1u - group.x) * 32u;
  let visible = min(sizes.s, lengths[b]);
  let end = u32(max(0, min(i32(visible), i32(tile) + 32 + sizes.shift)));
  let head = h / sizes.heads_per_key * sizes.w;
  let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
  let ups = Rows((b * sizes.t * sizes.heads + h) * sizes.w, sizes.heads * sizes.w, sizes.t - 1u);
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + head, sizes.k_stride, max(1u, visible) - 1u);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + head, sizes.v_stride, keys.last);

  var d: Output;
  for (var key = 0u; key < end; key += 32u) {
    var s = Products();
    var dp = Products();
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
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        let i = c + e % 8u;
        var x = F();
        var y = F();
        if (i < sizes.w) {
          x = F(dout[place(tile + e / 8u, i, ups)]);
          y = F(v[place(key + e / 8u, i, values)]);
        }
        left[e / 8u * 9u + e % 8u] = x;
        right[e / 8u * 9u + e % 8u] = y;
      }
      workgroupBarrier();
      multiply(&dp, sizes.w - c, lx, ly);
    }
    let number = vec4i(i32(key + lx)) + vec4i(0, 8, 16, 24);
    for (var r = 0u; r < 4u; r++) {
      let row = tile + ly * 4u + r;
      let last = min(i32(visible) - 1, i32(row) + sizes.shift);
      let at = group.y * sizes.t + min(row, sizes.t - 1u);
      let p = exp(min(s[r] * sizes.scale - lse[at], vec4f()));
      cross[(ly * 4u + r) * 9u + lx] = select(vec4f(), p * (dp[r] - delta[at]) * sizes.scale, number <= vec4i(last));
    }
    for (var c = 0u; c < COLUMNS; c++) {
      if (c * 8u >= sizes.w) { break; }
      workgroupBarrier();
      for (var e = lane; e < 256u; e += LANES) {
        let i = c * 8u + e % 8u;
        var x = F();
        if (i < sizes.w) { x = F(k[place(key + e / 8u, i, keys)]); }
        right[e / 8u * 9u + e % 8u] = x;
      }
      workgroupBarrier();
      accumulate(&d, c, end - key, lx, ly);
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let row = tile + ly * 4u + r;
    for (var c = 0u; c < COLUMNS; c++) {
      let i = c * 8u + lx;
      if (row < sizes.t && i < sizes.w) {
        let to = queries.base + row * queries.stride + i;
        var x = d[c * 4u + r];
        if (ADD) { x += F(dq[to]); }
        dq[to] = DX(x);
      }
    }
  }
}
