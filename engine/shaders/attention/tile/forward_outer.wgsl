// forward.wgsl on tile_outer.wgsl: the same bindings and results. Link pack*, tile_outer with what it names, score, bias_*,
// walk_*, step, lib/random.
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
fn put(at: u32, x: F) { out[at] = OUT(x); }

// A row's largest logit and sum of weights, and a lane's columns of its output.
fn put_row(row: u32, bh: u32, m: f32, l: f32, a: vec4f, b: vec4f, c: vec4f, d: vec4f, lane: u32) {
  if (row >= sizes.t) { return; }
  let inverse = select(1.0 / l, 0.0, l == 0.0); // a row that sees no key gives zeros
  let to = ((bh / sizes.heads * sizes.t + row) * sizes.heads + bh % sizes.heads) * sizes.w;
  let across = across_of(lane);
  put_four(to, across, a * inverse);
  if (COLUMNS > 1u) { put_four(to, across + 8u, b * inverse); }
  if (COLUMNS > 2u) { put_four(to, across + 16u, c * inverse); }
  if (COLUMNS > 3u) { put_four(to, across + 24u, d * inverse); }
  if (across == 0u) { lse[bh * sizes.t + row] = select(vec2f(m, log(l)), vec2f(), l == 0.0); }
}

// Weights, given the rows' largest logits: 0 for LOWEST, also where a row has seen nothing else.
fn weighed(x: Block, m: vec4f) -> Block {
  let y = select(m, vec4f(), m <= vec4f(LOWEST));
  return Block(exp(x.a - y.x), exp(x.b - y.y), exp(x.c - y.z), exp(x.d - y.w));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // The longest rows of a causal mask go first, so that the last workgroups to finish are short.
  let tile = sizes.first + groups.x - 1u - group.x;
  let b = group.y / sizes.heads;
  let h = group.y % sizes.heads;
  let head = head_of(b, h);
  let key_head = h / sizes.heads_per_key * sizes.w;
  let last = max(1u, head.visible) - 1u;
  let queries = Rows(b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w, sizes.q_stride, sizes.t - 1u);
  let keys = Rows(b * sizes.s * sizes.k_stride + sizes.k_offset + key_head, sizes.k_stride, last);
  let values = Rows(b * sizes.s * sizes.v_stride + sizes.v_offset + key_head, sizes.v_stride, last);

  let places = places_of(lane);
  let first = tile * ROWS;
  var upper = owns_of(first + places, head);
  var lower = owns_of(first + places + 32u, head);
  let path = walk(tile, range_of(tile, head));
  var o: Output;
  var m = Numbers(vec4f(LOWEST), vec4f(LOWEST));
  var l = Numbers(vec4f(), vec4f()); // the lane's share
  for (var n = path.begin; n < path.end; n += STEP) {
    let key = first_row(n);
    mark(&upper, n, places);
    mark(&lower, n, places + 32u);
    var x = products_a(first, queries, key, keys, lane);
    let number = numbers(key, lane);
    x.upper = score(x.upper, number, i32(key), upper, head);
    if (LOWER) { x.lower = score(x.lower, number, i32(key), lower, head); }
    let higher = rows_largest(Numbers(largest(x.upper, m.upper), largest(x.lower, m.lower)), lane);
    let shrink = Numbers(exp(m.upper - higher.upper), exp(m.lower - higher.lower));
    m = higher;
    x.upper = weighed(x.upper, m.upper);
    l.upper = l.upper * shrink.upper + total(x.upper);
    x.upper = thinned(x.upper, number, upper, head);
    if (LOWER) {
      x.lower = weighed(x.lower, m.lower);
      l.lower = l.lower * shrink.lower + total(x.lower);
      x.lower = thinned(x.lower, number, lower, head);
    }
    put_weights(x, lane);
    scale(&o, shrink);
    weigh_b(&o, key, values, lane);
  }
  l = rows_total(l, lane);
  let row = first + 4u * down_of(lane);
  put_row(row, group.y, m.upper.x, l.upper.x, o.a.r0, o.b.r0, o.c.r0, o.d.r0, lane);
  put_row(row + 1u, group.y, m.upper.y, l.upper.y, o.a.r1, o.b.r1, o.c.r1, o.d.r1, lane);
  put_row(row + 2u, group.y, m.upper.z, l.upper.z, o.a.r2, o.b.r2, o.c.r2, o.d.r2, lane);
  put_row(row + 3u, group.y, m.upper.w, l.upper.w, o.a.r3, o.b.r3, o.c.r3, o.d.r3, lane);
  if (!LOWER) { return; }
  put_row(row + 32u, group.y, m.lower.x, l.lower.x, o.a.r4, o.b.r4, o.c.r4, o.d.r4, lane);
  put_row(row + 33u, group.y, m.lower.y, l.lower.y, o.a.r5, o.b.r5, o.c.r5, o.d.r5, lane);
  put_row(row + 34u, group.y, m.lower.z, l.lower.z, o.a.r6, o.b.r6, o.c.r6, o.d.r6, lane);
  put_row(row + 35u, group.y, m.lower.w, l.lower.w, o.a.r7, o.b.r7, o.c.r7, o.d.r7, lane);
}
