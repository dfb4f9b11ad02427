// Entropy of every row's probabilities in nats: log l - Σ w (x - m) / l over logits x, with w = exp(x - m), l = Σ w; one
// pass under a running maximum m, and no map. q (B, T, ·), k (B, S, ·), entropy (B, H, T).
// An invocation owns four rows of a head. Link pack*, score, bias_*, walk_*, turn_table or turn_none, graph/step,
// lib/random.
const TILE: u32 = 16;
alias T = f32;
alias KV = f32;

@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read_write> entropy: array<f32>;

// m: the largest logit so far; l = Σ w; u = Σ w (x - m).
struct Sums { m: f32, l: f32, u: f32 }

fn add(old: Sums, x: vec4f) -> Sums {
  let m = max(old.m, max(max(x.x, x.y), max(x.z, x.w)));
  let w = weight(x, m);
  let shrink = exp(old.m - m);
  let u = shrink * (old.u + old.l * max(old.m - m, -1000.0));
  return Sums(m, old.l * shrink + dot(w, vec4f(1.0)), u + dot(w, max(x - m, vec4f(-1000.0))));
}

fn query_of(at: u32, i: u32, row: u32) -> F {
  return turned(F(q[at + i]), F(q[at + partner_of(i)]), i, place_of(row, false));
}
fn key_of(at: u32, i: u32, row: u32) -> F {
  return turned(F(k[at + i]), F(k[at + partner_of(i)]), i, place_of(row, true));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let fours = (sizes.t + 3u) / 4u;
  let e = (sizes.first + group.x) * 64u + lane;
  if (e >= sizes.batch * sizes.heads * fours) { return; }
  let first = e % fours * 4u;
  let h = e / fours % sizes.heads;
  let b = e / fours / sizes.heads;
  let head = head_of(b, h);
  let last = max(1u, head.visible) - 1u;
  let tile = i32(first / TILE * TILE);
  let path = walk(first / TILE, vec2i(keys_of(tile, head).x, keys_of(tile + i32(TILE) - 1, head).y));
  let key_start = b * sizes.s * sizes.k_stride + sizes.k_offset + h / sizes.heads_per_key * sizes.w;
  let row = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.t - 1u));
  let query = (b * sizes.t + row) * sizes.q_stride + sizes.q_offset + h * sizes.w;
  var sums: array<Sums, 4> = array<Sums, 4>();
  for (var r = 0u; r < 4u; r++) { sums[r] = Sums(LOWEST, 0.0, 0.0); }
  for (var step = path.begin; step < path.end; step += STEP) {
    let origin = first_row(step);
    for (var key = origin; key < min(origin + TILE, sizes.s); key += 4u) {
      let number = vec4u(key, key + 1u, key + 2u, key + 3u);
      let near = min(number, vec4u(last));
      let keys = key_start + near * sizes.k_stride;
      var products: array<vec4f, 4> = array<vec4f, 4>();
      for (var i = 0u; i < sizes.w; i++) {
        let ka = key_of(keys.x, i, near.x);
        let kb = key_of(keys.y, i, near.y);
        let kc = key_of(keys.z, i, near.z);
        let kd = key_of(keys.w, i, near.w);
        for (var r = 0u; r < 4u; r++) {
          let x = query_of(query[r], i, row[r]);
          products[r] += vec4f(inner(x, ka), inner(x, kb), inner(x, kc), inner(x, kd));
        }
      }
      for (var r = 0u; r < 4u; r++) {
        let own = Own(keys_of(i32(row[r]), head), i32(row[r]), marks_of(step, row[r] % TILE));
        sums[r] = add(sums[r], scored(products[r], vec4i(number), i32(origin), own, head));
      }
    }
  }
  for (var r = 0u; r < 4u; r++) {
    if (first + r >= sizes.t) { break; }
    let s = sums[r];
    entropy[(b * sizes.heads + h) * sizes.t + first + r] =
      select(max(0.0, log(s.l) - s.u / s.l), 0.0, s.l == 0.0);
  }
}
