// Attention of few query rows to a long cache, as when generating: flash-decoding (Dao et al. 2023). q (B, T, ·), k and
// v (B, capacity, ·), starts (B). Query row t of sequence b stands at position now.position + starts[b] + t and sees up
// to `window` positions, its own the last; or, where not causal, starts[b] keys. A cache that slides keeps positions
// from `sinks` on in the slots after the sinks in turn, and the sinks are always seen.
// A workgroup owns one split of the keys for QUERIES rows that share a key head (heads first, then time), so that keys
// and values are read once for all of them; its share of the keys follows from how many there are now. Blocks of 256
// keys, four to a lane; then lanes own columns of the output, and the lanes left over split the keys.
// Link pack*, turn*, decode_bias_*, decode_whole or decode_split, lib/reduce*, tangent, graph/step.
const MOST: u32 = 16;   // F in a head's row at most
const QUERIES: u32 = 1; // 1, 2 or 4
const SOFTCAP: bool = false;
const COLUMNS: u32 = (MOST + 63) / 64; // F of an output row that a lane owns
const OWNED: u32 = COLUMNS * QUERIES;
const LOADED: u32 = MOST * QUERIES;
const BLOCK: u32 = 64 * QUERIES;
alias T = f32;
alias KV = f32;

struct Sizes {
  t: u32, s: u32, heads: u32, heads_per_key: u32, q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32,
  v_stride: u32, v_offset: u32, w: u32, causal: u32, slides: u32, window: u32, sinks: u32, splits: u32, least: u32,
  distances: u32, half: u32, factor: f32, scale: f32, cap: f32,
}
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(9) var<uniform> sizes: Sizes;

const MASKED: f32 = -1e30;
var<workgroup> query: array<F, LOADED>;
// Element 64 r + n is query r's weights of a block's keys 4 n … 4 n + 3.
var<workgroup> scores: array<vec4f, BLOCK>;
var<workgroup> sums: array<F, BLOCK>;

// The position after the last that query row t sees.
fn end_of(b: u32, t: u32) -> u32 {
  if (sizes.causal == 0u) { return min(sizes.s, starts[b]); }
  var row = t;
  if (sizes.slides != 0u && now.length > 0u) { row = min(t, now.length - 1u); } // padding is not in the cache
  let end = now.position + starts[b] + row + 1u;
  return select(min(sizes.s, end), end, sizes.slides != 0u);
}

// The keys that a tile of queries sees are numbered 0 … count - 1 in the order of their positions: `sinks` of them, then
// those from position `first`, in slot `slot`, on; number `wrap` is in the first slot after the sinks again.
struct Seen { sinks: u32, first: u32, slot: u32, wrap: u32, count: u32 }

fn seen_by(start: u32, end: u32) -> Seen {
  let first = max(sizes.sinks, start);
  let slot = sizes.sinks + (first - sizes.sinks) % (sizes.s - sizes.sinks);
  let sinks = min(sizes.sinks, end);
  return Seen(sinks, first, slot, sinks + sizes.s - slot, sinks + end - min(first, end));
}
fn positions_of(n: vec4u, seen: Seen) -> vec4u { return select(n - seen.sinks + seen.first, n, n < vec4u(seen.sinks)); }
fn slots_of(n: vec4u, seen: Seen) -> vec4u {
  let slot = n - seen.sinks + seen.slot - select(vec4u(), vec4u(sizes.s - sizes.sinks), n >= vec4u(seen.wrap));
  return select(slot, n, n < vec4u(seen.sinks));
}

fn most_of(x: vec4f, lane: u32) -> vec4f {
  if (QUERIES == 1u) { return vec4f(workgroup_max(x.x, lane), MASKED, MASKED, MASKED); }
  return workgroup_max4(x, lane);
}
fn sum_of(x: vec4f, lane: u32) -> vec4f {
  if (QUERIES == 1u) { return vec4f(workgroup_sum(x.x, lane), 0.0, 0.0, 0.0); }
  return workgroup_sum4(x, lane);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let key_heads = sizes.heads / sizes.heads_per_key;
  let b = group.z / key_heads;
  let key_head = group.z % key_heads;
  let rows = sizes.t * sizes.heads_per_key; // that share this key head
  let n = min(group.y * QUERIES + vec4u(0u, 1u, 2u, 3u), vec4u(rows - 1u));
  let t = n / sizes.heads_per_key;
  let h = key_head * sizes.heads_per_key + n % sizes.heads_per_key;
  let end = vec4u(end_of(b, t.x), end_of(b, t.y), end_of(b, t.z), end_of(b, t.w));
  let last = end[QUERIES - 1u];
  let seen = seen_by(end.x - min(end.x, sizes.window), last);
  // Whole lanes of keys, and so many that short caches are not scattered.
  let share = max(sizes.least, (seen.count + 4u * sizes.splits - 1u) / (4u * sizes.splits) * 4u);
  let begin = min(seen.count, group.x * share);
  let stop = min(seen.count, begin + share);

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
  var m = vec4f(MASKED);
  var l = vec4f(); // this lane's share
  for (var origin = begin; origin < stop; origin += 256u) {
    let number = origin + 4u * lane + vec4u(0u, 1u, 2u, 3u);
    let inside = min(number, vec4u(stop - 1u));
    let at = k_head + slots_of(inside, seen) * sizes.k_stride;
    var s: array<vec4f, QUERIES> = array<vec4f, QUERIES>();
    for (var i = 0u; i < sizes.w; i++) {
      let ka = F(k[at.x + i]);
      let kb = F(k[at.y + i]);
      let kc = F(k[at.z + i]);
      let kd = F(k[at.w + i]);
      for (var r = 0u; r < QUERIES; r++) {
        let x = query[r * MOST + i];
        s[r] += vec4f(inner(x, ka), inner(x, kb), inner(x, kc), inner(x, kd));
      }
    }
    let position = positions_of(inside, seen);
    var top = vec4f(MASKED);
    for (var r = 0u; r < QUERIES; r++) {
      var x = s[r];
      if (SOFTCAP) { x = sizes.cap * tangent(x / sizes.cap); }
      x += bias_of(vec4u(end[r] - 1u) - position, h[r]);
      let near = (position < vec4u(sizes.sinks)) | (position + sizes.window >= vec4u(end[r]));
      x = select(vec4f(MASKED), x, (number < vec4u(stop)) & (position < vec4u(end[r])) & near);
      top[r] = max(max(x.x, x.y), max(x.z, x.w));
      s[r] = x;
    }
    let higher = max(m, most_of(top, lane));
    let shrink = exp(m - higher);
    m = higher;
    for (var r = 0u; r < QUERIES; r++) {
      let p = select(vec4f(), exp(s[r] - m[r]), s[r] > vec4f(MASKED));
      l[r] = l[r] * shrink[r] + (p.x + p.y) + (p.z + p.w);
      scores[64u * r + lane] = p;
    }
    workgroupBarrier();
    let fours = (min(256u, stop - origin) + 3u) / 4u;
    for (var c = 0u; c < COLUMNS; c++) {
      let i = lane % span + c * LANES;
      for (var r = 0u; r < QUERIES; r++) { o[c * QUERIES + r] *= shrink[r]; }
      if (part >= parts || i >= sizes.w) { continue; }
      for (var four = part; four < fours; four += parts) {
        let key = min(origin + 4u * four + vec4u(0u, 1u, 2u, 3u), vec4u(stop - 1u));
        let from_key = v_head + slots_of(key, seen) * sizes.v_stride + i;
        let va = F(v[from_key.x]);
        let vb = F(v[from_key.y]);
        let vc = F(v[from_key.z]);
        let vd = F(v[from_key.w]);
        for (var r = 0u; r < QUERIES; r++) {
          let p = scores[64u * r + four];
          o[c * QUERIES + r] += va * p.x + vb * p.y + vc * p.z + vd * p.w;
        }
      }
    }
  }
  let total = sum_of(l, lane);
  for (var r = 0u; r < QUERIES; r++) { sums[64u * r + lane] = o[r]; }
  workgroupBarrier();
  for (var r = 0u; r < QUERIES; r++) {
    if (group.y * QUERIES + r >= rows) { break; }
    let row = (b * sizes.t + t[r]) * sizes.heads + h[r];
    if (lane < span) {
      var sum = sums[64u * r + lane];
      for (var other = 1u; other < parts; other++) { sum += sums[64u * r + lane + other * span]; }
      finish(row, group.x, lane, sum, m[r], total[r]);
    }
    for (var c = 1u; c < COLUMNS; c++) {
      let i = lane + c * LANES;
      if (i < sizes.w) { finish(row, group.x, i, o[c * QUERIES + r], m[r], total[r]); }
    }
  }
}
