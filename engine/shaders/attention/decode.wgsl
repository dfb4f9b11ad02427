// Attention of few query rows to a long cache, as when generating: one workgroup for each row of each head.
// q (B, T, ·), k and v (B, capacity, G D), out (B, T, H D). Query row t stands at now.position + t and sees all up to
// there, so the cost grows with what is cached and not with the capacity. Blocks of 256 keys, four to a lane; then
// lanes own columns of the output, and the lanes left over split the keys. Link pack*.wgsl, reduce*.wgsl, step.wgsl.
const MOST: u32 = 16;
const COLUMNS: u32 = (MOST + 63) / 64; // F of the output that a lane owns
alias T = f32;
alias KV = f32;

struct Sizes {
  t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, c: u32, w: u32, scale: f32,
}
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read_write> out: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

const MASKED: f32 = -1e30;
var<workgroup> scores: array<f32, 256>;
var<workgroup> sums: array<F, 64>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.x;
  let h = group.y % sizes.heads;
  let b = group.y / sizes.heads;
  let visible = min(sizes.s, now.position + t + 1u);
  let query = (b * sizes.t + t) * sizes.q_stride + sizes.q_offset + h * sizes.w;
  let head = b * sizes.s * sizes.c + h / sizes.heads_per_key * sizes.w;
  let span = min(sizes.w, LANES);
  let share = lane / span;
  let shares = LANES / span;

  var o: array<F, COLUMNS>;
  var m = MASKED;
  var l = 0.0; // this lane's share
  for (var key = 0u; key < visible; key += 256u) {
    let number = key + lane + vec4u(0u, 64u, 128u, 192u);
    let at = head + min(number, vec4u(visible - 1u)) * sizes.c;
    var s = vec4f();
    for (var i = 0u; i < sizes.w; i++) {
      let x = F(q[query + i]);
      s += vec4f(inner(x, F(k[at.x + i])), inner(x, F(k[at.y + i])), inner(x, F(k[at.z + i])), inner(x, F(k[at.w + i])));
    }
    s = select(vec4f(MASKED), s * sizes.scale, number < vec4u(visible));
    let higher = max(m, workgroup_max(max(max(s.x, s.y), max(s.z, s.w)), lane));
    let shrink = exp(m - higher);
    m = higher;
    let p = select(vec4f(), exp(s - m), s > vec4f(MASKED));
    l = l * shrink + (p.x + p.y + p.z + p.w);
    scores[lane] = p.x;
    scores[lane + 64u] = p.y;
    scores[lane + 128u] = p.z;
    scores[lane + 192u] = p.w;
    workgroupBarrier();
    let count = min(256u, visible - key);
    for (var c = 0u; c < COLUMNS; c++) {
      let i = lane % span + c * LANES;
      var sum = o[c] * shrink;
      if (share < shares && i < sizes.w) {
        for (var n = share; n < count; n += shares) { sum += F(v[head + (key + n) * sizes.c + i]) * scores[n]; }
      }
      o[c] = sum;
    }
  }
  let inverse = 1.0 / max(workgroup_sum(l, lane), 1e-30);
  sums[lane] = o[0];
  workgroupBarrier();
  let to = ((b * sizes.t + t) * sizes.heads + h) * sizes.w;
  if (lane < span) {
    var sum = sums[lane];
    for (var n = 1u; n < shares; n++) { sum += sums[lane + n * span]; }
    out[to + lane] = T(sum * inverse);
  }
  for (var c = 1u; c < COLUMNS; c++) {
    let i = lane + c * LANES;
    if (i < sizes.w) { out[to + i] = T(o[c] * inverse); }
  }
}
