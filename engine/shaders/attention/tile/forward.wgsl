// out = softmax(logits) v, one pass over the keys with a running maximum m and sum l: Milakov and Gimelshein 2018,
// Dao et al. 2022. q (B, T, H D), k and v (B, S, G D) are column ranges of wider rows; out (B, T, H D), stored as OUT;
// lse (B, H, T) = (m, log l) for the backward pass. A workgroup owns a tile of query rows and streams tiles of keys.
// Link pack*, a tile file (with turn_table or turn_none; software: quad*), block, score, bias_*, walk_*, step,
// lib/random.
alias T = f32;
alias KV = f32;
alias OUT = f32;

@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> k: array<KV>;
@group(0) @binding(2) var<storage, read> v: array<KV>;
@group(0) @binding(3) var<storage, read_write> out: array<OUT>;
@group(0) @binding(4) var<storage, read_write> lse: array<vec2f>;

fn mine_a(at: u32) -> F { return F(q[at]); }
fn a_at(row: u32, i: u32, at: Rows) -> F { return F(k[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(v[at.base + min(row, at.last) * at.stride + i]); }

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  // The longest rows of a causal mask go first, so that the last workgroups to finish are short.
  let tile = sizes.first + groups.x - 1u - group.x;
  var at: Seat;
  sit(&at, tile, group.y, local);
  let b = common_head(group.y) / sizes.heads;
  let h = at.bh % sizes.heads;
  let head = head_of(b, h);
  let key_head = h / sizes.heads_per_key * sizes.w;
  let last = max(1u, head.visible) - 1u;
  let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + key_head, sizes.k_stride, last);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + key_head, sizes.v_stride, last);

  var owns = owns_of(at.rows, head);
  let path = walk(tile, range_of(tile, head_of(b, 0u)));
  var o: Output;
  var m = vec4f(LOWEST);
  var l = vec4f(); // the lane's share
  for (var n = path.begin; n < path.end; n += STEP) {
    let key = first_row(n);
    mark(&owns, n, at.places);
    var x: Block;
    products_a(&x, queries, key, keys, at);
    let number = numbers(key, at);
    x = score(x, number, i32(key), owns, head);
    let higher = row_largest(largest(x, m), at);
    let shrink = exp(m - higher);
    m = higher;
    x = weights(x, m);
    l = l * shrink + total(x);
    weigh_b(&o, shrink, thinned(x, number, owns, head), key, values, at);
  }
  l = row_total(l, at);
  let inverse = select(1.0 / l, vec4f(), l == vec4f()); // a row that sees no key gives zeros
  for (var r = 0u; r < 4u; r++) {
    if (at.rows[r] >= sizes.t) { continue; }
    let to = ((b * sizes.t + at.rows[r]) * sizes.heads + h) * sizes.w;
    for (var c = 0u; c < columns(); c++) {
      let i = column(c, at);
      if (i < sizes.w) { out[to + i] = OUT(o[4u * c + r] * inverse[r]); }
    }
    if (writes_row(at)) {
      lse[at.bh * sizes.t + at.rows[r]] = select(vec2f(m[r], log(l[r])), vec2f(), l[r] == 0.0);
    }
  }
}
