// Attention of few query rows to a long cache, as when generating: flash-decoding (Dao et al. 2023). q (B, T, ·), k and
// v (B, capacity, ·), starts (B). Query row t of sequence b stands at position now.position + starts[b] + t and sees up
// to `window` positions, its own the last; or, where not causal, starts[b] keys. A cache that slides keeps positions
// from `sinks` on in the slots after the sinks in turn, and the sinks are always seen.
// A workgroup owns one split of the keys for QUERIES rows that share a key head (heads first, then time), so that keys
// and values are read once for all of them; its share of the keys follows from how many there are now. Blocks of
// keys, four to a lane; then lanes own columns of the output, and the lanes left over split the keys.
// Link pack*, decode_keys, turn*, decode_bias_*, decode_whole or decode_split, lib/reduce*, tangent, graph/step.
const MOST: u32 = 16;   // F in a head's row at most
const QUERIES: u32 = 1; // 1, 2 or 4
const SOFTCAP: bool = false;
const COLUMNS: u32 = (MOST + LANES - 1) / LANES; // F of an output row that a lane owns
const OWNED: u32 = COLUMNS * QUERIES;
const LOADED: u32 = MOST * QUERIES;
const BLOCK: u32 = LANES * QUERIES;
const BLOCK_KEYS: u32 = 4 * LANES;
alias T = f32;
alias KV = f32;

@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;

var<workgroup> query: array<F, LOADED>;
// Element LANES r + n is query r's weights of a block's keys 4 n … 4 n + 3.
var<workgroup> scores: array<vec4f, BLOCK>;
var<workgroup> sums: array<F, BLOCK>;

fn most_of(x: vec4f, lane: u32) -> vec4f {
  if (QUERIES == 1u) { return vec4f(workgroup_max(x.x, lane), LOWEST, LOWEST, LOWEST); }
  return workgroup_max4(x, lane);
}
fn sum_of(x: vec4f, lane: u32) -> vec4f {
  if (QUERIES == 1u) { return vec4f(workgroup_sum(x.x, lane), 0.0, 0.0, 0.0); }
  return workgroup_sum4(x, lane);
}

// Queries have variables of their own: software adapters pay as much for an array's element as for a load.
fn products(x: F, a: F, b: F, c: F, d: F) -> vec4f { return vec4f(inner(x, a), inner(x, b), inner(x, c), inner(x, d)); }
fn weighted(p: vec4f, a: F, b: F, c: F, d: F) -> F { return a * p.x + b * p.y + c * p.z + d * p.w; }
fn largest(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
fn total(x: vec4f) -> f32 { return (x.x + x.y) + (x.z + x.w); }
fn weight(x: vec4f, m: f32) -> vec4f { return select(exp(x - m), vec4f(), x <= vec4f(LOWEST)); }

// Of four keys; LOWEST where the query does not see them.
fn logits(product: vec4f, position: vec4u, exists: vec4<bool>, end: u32, h: u32) -> vec4f {
  var x = product;
  if (SOFTCAP) { x = sizes.cap * tangent(x / sizes.cap); }
  x += bias_of(vec4u(end - 1u) - position, h);
  return select(vec4f(LOWEST), x, exists & within(position, end));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (sizes.first + group.y) * QUERIES;
  let key_heads = sizes.heads / sizes.heads_per_key;
  let b = group.z / key_heads;
  let key_head = group.z % key_heads;
  let rows = sizes.t * sizes.heads_per_key; // that share this key head
  let n = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(rows - 1u));
  let t = n / sizes.heads_per_key;
  let h = key_head * sizes.heads_per_key + n % sizes.heads_per_key;
  let end = vec4u(end_of(b, t.x), end_of(b, t.y), end_of(b, t.z), end_of(b, t.w));
  let last = end[QUERIES - 1u];
  let seen = seen_by(end.x - min(end.x, sizes.window), last);
  // Whole lanes of keys, and so many that short caches are not scattered.
  let share = max(sizes.least, (seen.count + 4u * sizes.splits - 1u) / (4u * sizes.splits) * 4u);
  let begin = min(seen.count, group.x * share);
  let stop = min(seen.count, begin + share);

  if (group.x > 0u && begin == stop) {
    if (lane < QUERIES && first + lane < rows) {
      finish((b * sizes.t + t[lane]) * sizes.heads + h[lane], group.x, 0u, F(), LOWEST, 0.0);
    }
    return;
  }

  for (var e = lane; e < QUERIES * sizes.w; e += LANES) {
    let r = e / sizes.w;
    let i = e % sizes.w;
    let head = (b * sizes.t + t[r]) * sizes.q_stride + sizes.q_offset + h[r] * sizes.w;
    let x = turned(F(q[head + i]), F(q[head + partner_of(i)]), i, now.position + starts[b] + t[r]);
    query[r * MOST + i] = x * sizes.scale;
  }
  workgroupBarrier();

  let k_head = b * sizes.s * sizes.k_stride + sizes.k_offset + key_head * sizes.w;
  let v_head = b * sizes.s * sizes.v_stride + sizes.v_offset + key_head * sizes.w;
  let span = min(sizes.w, LANES);
  let part = lane / span;
  let parts = LANES / span;
  var o: array<F, OWNED>;
  // Loaded once: in loops, software adapters pay for a uniform as for any load.
  let w = sizes.w;
  let v_stride = sizes.v_stride;
  var m = vec4f(LOWEST);
  var l = vec4f(); // this lane's share
  for (var origin = begin; origin < stop; origin += BLOCK_KEYS) {
    let number = origin + 4u * lane + vec4u(0u, 1u, 2u, 3u);
    let inside = min(number, vec4u(stop - 1u));
    let at = k_head + slots_of(inside, seen) * sizes.k_stride;
    var s0 = vec4f();
    var s1 = vec4f();
    var s2 = vec4f();
    var s3 = vec4f();
    // Lanes without a key take no turn: a software adapter is through with them at once.
    let turns = select(0u, w, number.x < stop);
    for (var i = 0u; i < turns; i++) {
      let ka = F(k[at.x + i]);
      let kb = F(k[at.y + i]);
      let kc = F(k[at.z + i]);
      let kd = F(k[at.w + i]);
      s0 += products(query[i], ka, kb, kc, kd);
      if (QUERIES > 1u) { s1 += products(query[MOST + i], ka, kb, kc, kd); }
      if (QUERIES > 2u) {
        s2 += products(query[2u * MOST + i], ka, kb, kc, kd);
        s3 += products(query[3u * MOST + i], ka, kb, kc, kd);
      }
    }
    let position = positions_of(inside, seen);
    let exists = number < vec4u(stop);
    s0 = logits(s0, position, exists, end.x, h.x);
    if (QUERIES > 1u) { s1 = logits(s1, position, exists, end.y, h.y); }
    if (QUERIES > 2u) {
      s2 = logits(s2, position, exists, end.z, h.z);
      s3 = logits(s3, position, exists, end.w, h.w);
    }
    let higher = max(m, most_of(vec4f(largest(s0), largest(s1), largest(s2), largest(s3)), lane));
    let shrink = exp(m - higher);
    m = higher;
    s0 = weight(s0, m.x);
    scores[lane] = s0;
    if (QUERIES > 1u) {
      s1 = weight(s1, m.y);
      scores[LANES + lane] = s1;
    }
    if (QUERIES > 2u) {
      s2 = weight(s2, m.z);
      s3 = weight(s3, m.w);
      scores[2u * LANES + lane] = s2;
      scores[3u * LANES + lane] = s3;
    }
    l = l * shrink + vec4f(total(s0), total(s1), total(s2), total(s3));
    workgroupBarrier();
    let fours = (min(BLOCK_KEYS, stop - origin) + 3u) / 4u;
    for (var c = 0u; c < COLUMNS; c++) {
      let i = lane % span + c * LANES;
      if (part >= parts || i >= sizes.w) { continue; }
      let own = c * QUERIES;
      var o0 = o[own] * shrink.x;
      var o1 = F();
      var o2 = F();
      var o3 = F();
      if (QUERIES > 1u) { o1 = o[own + 1u] * shrink.y; }
      if (QUERIES > 2u) {
        o2 = o[own + 2u] * shrink.z;
        o3 = o[own + 3u] * shrink.w;
      }
      for (var four = part; four < fours; four += parts) {
        let key = min(origin + 4u * four + vec4u(0u, 1u, 2u, 3u), vec4u(stop - 1u));
        let from_key = v_head + slots_of(key, seen) * v_stride + i;
        let va = F(v[from_key.x]);
        let vb = F(v[from_key.y]);
        let vc = F(v[from_key.z]);
        let vd = F(v[from_key.w]);
        o0 += weighted(scores[four], va, vb, vc, vd);
        if (QUERIES > 1u) { o1 += weighted(scores[LANES + four], va, vb, vc, vd); }
        if (QUERIES > 2u) {
          o2 += weighted(scores[2u * LANES + four], va, vb, vc, vd);
          o3 += weighted(scores[3u * LANES + four], va, vb, vc, vd);
        }
      }
      o[own] = o0;
      if (QUERIES > 1u) { o[own + 1u] = o1; }
      if (QUERIES > 2u) {
        o[own + 2u] = o2;
        o[own + 3u] = o3;
      }
    }
  }
  let sum_l = sum_of(l, lane);
  for (var r = 0u; r < QUERIES; r++) { sums[LANES * r + lane] = o[r]; }
  workgroupBarrier();
  for (var r = 0u; r < QUERIES; r++) {
    if (first + r >= rows) { break; }
    let row = (b * sizes.t + t[r]) * sizes.heads + h[r];
    if (lane < span) {
      var sum = sums[LANES * r + lane];
      for (var other = 1u; other < parts; other++) { sum += sums[LANES * r + lane + other * span]; }
      finish(row, group.x, lane, sum, m[r], sum_l[r]);
    }
    for (var c = 1u; c < COLUMNS; c++) {
      let i = lane + c * LANES;
      if (i < sizes.w) { finish(row, group.x, i, o[c * QUERIES + r], m[r], sum_l[r]); }
    }
  }
}
