// What decode.wgsl weighs the keys of a cache by, for looking at. map (maps, rows, keys), key n being the n-th in order
// of positions; behind it keys numbers, their positions, -1 where there is no key. ask = [sequence, first row, row after
// the last, keys, how heads combine, number of heads, heads …]. With ENTROPY, instead, map (B, H, T) is Σ -p log p.
// A workgroup owns a row, its lanes four keys in turn: one pass for the largest logit and the sum, one for p.
// Link pack*, decode_keys, turn*, decode_bias_*, lib/reduce*, tangent, graph/step.
const MOST: u32 = 16; // F in a head's row at most
const SOFTCAP: bool = false;
const ENTROPY: bool = false;
const HEADS: u32 = 6; // where the heads begin in `ask`
alias T = f32;
alias KV = f32;

@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> ask: array<u32>;
@group(0) @binding(4) var<storage, read_write> map: array<f32>;

var<workgroup> query: array<F, MOST>;

struct Row { b: u32, h: u32, end: u32 }

fn logits(n: vec4u, row: Row, seen: Seen) -> vec4f {
  let inside = min(n, vec4u(max(1u, seen.count) - 1u));
  let head = row.b * sizes.s * sizes.k_stride + sizes.k_offset + row.h / sizes.heads_per_key * sizes.w;
  let at = head + slots_of(inside, seen) * sizes.k_stride;
  var x = vec4f();
  for (var i = 0u; i < sizes.w; i++) {
    let y = query[i];
    x += vec4f(inner(y, F(k[at.x + i])), inner(y, F(k[at.y + i])), inner(y, F(k[at.z + i])), inner(y, F(k[at.w + i])));
  }
  if (SOFTCAP) { x = sizes.cap * tangent(x / sizes.cap); }
  let position = positions_of(inside, seen);
  x += bias_of(vec4u(row.end - 1u) - position, row.h);
  return select(vec4f(LOWEST), x, (n < vec4u(seen.count)) & within(position, row.end));
}

// The n-th head's numbers joined with those of the heads before it, where heads combine.
fn join(at: u32, x: f32, n: u32) -> f32 {
  let share = select(x, x / f32(ask[5]), ask[4] == 1u);
  if (n == 0u) { return share; }
  if (ask[4] == 1u) { return map[at] + share; }
  return select(min(map[at], x), max(map[at], x), ask[4] == 2u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let b = select(ask[0], group.z, ENTROPY);
  let place = sizes.first + group.x;
  let t = ask[1] + place;
  let rows = ask[2] - ask[1];
  let keys = ask[3];
  var begin = 0u;
  if (sizes.slides != 0u) { begin = end_of(b, 0u) - min(end_of(b, 0u), sizes.window); }
  let seen = seen_by(begin, end_of(b, ask[2] - 1u));
  let to = (group.y * rows + place) * keys;
  if (!ENTROPY && place + group.y == 0u) {
    let after = select(ask[5], 1u, ask[4] != 0u) * rows * keys;
    for (var n = lane; n < keys; n += LANES) {
      map[after + n] = select(-1.0, f32(positions_of(vec4u(n), seen).x), n < seen.count);
    }
  }
  let combines = ask[4] != 0u;
  for (var turn = 0u; turn < select(1u, ask[5], combines); turn++) {
    let row = Row(b, ask[HEADS + select(group.y, turn, combines)], end_of(b, t));
    workgroupBarrier();
    for (var i = lane; i < sizes.w; i += LANES) {
      let head = (b * sizes.t + t) * sizes.q_stride + sizes.q_offset + row.h * sizes.w;
      let x = turned(F(q[head + i]), F(q[head + partner_of(i)]), i, now.position + starts[b] + t);
      query[i] = x * sizes.scale;
    }
    workgroupBarrier();
    var m = LOWEST;
    var l = 0.0;
    for (var n = 4u * lane; n < seen.count; n += 4u * LANES) {
      let x = logits(vec4u(n, n + 1u, n + 2u, n + 3u), row, seen);
      let higher = max(m, max(max(x.x, x.y), max(x.z, x.w)));
      let w = select(exp(x - higher), vec4f(), x <= vec4f(LOWEST));
      l = l * exp(m - higher) + dot(w, vec4f(1.0));
      m = higher;
    }
    let top = workgroup_max(m, lane);
    let sum = workgroup_sum(l * exp(m - top), lane);
    let inverse = select(1.0 / sum, 0.0, sum == 0.0);
    var spread = 0.0;
    for (var n = 4u * lane; n < keys; n += 4u * LANES) {
      var p = vec4f();
      if (n < seen.count) {
        let x = logits(vec4u(n, n + 1u, n + 2u, n + 3u), row, seen);
        p = select(exp(x - top) * inverse, vec4f(), x <= vec4f(LOWEST));
        spread -= dot(p, max(x - top, vec4f(-1000.0)));
      }
      for (var r = 0u; r < min(4u, keys - n); r++) {
        if (!ENTROPY) { map[to + n + r] = join(to + n + r, p[r], turn); }
      }
    }
    if (ENTROPY) {
      let entropy = workgroup_sum(spread, lane) + log(sum);
      if (lane == 0u) { map[(b * sizes.heads + row.h) * sizes.t + t] = select(max(0.0, entropy), 0.0, sum == 0.0); }
    }
  }
}
