// backward_query.wgsl on tile_outer.wgsl: the same bindings and results. Link backward, owns_queries, tile_outer_backward and
// what forward_outer.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dq: array<DX>;

fn put(at: u32, x: F) {
  var y = x;
  if (ADD) { y += F(dq[at]); }
  dq[at] = DX(y);
}

fn put_row(row: u32, queries: u32, a: vec4f, b: vec4f, c: vec4f, d: vec4f, lane: u32) {
  if (row >= sizes.t) { return; }
  let to = queries + row * sizes.q_stride;
  let across = across_of(lane);
  put_four(to, across, a);
  if (COLUMNS > 1u) { put_four(to, across + 8u, b); }
  if (COLUMNS > 2u) { put_four(to, across + 16u, c); }
  if (COLUMNS > 3u) { put_four(to, across + 24u, d); }
}

// Gradients of four rows' products, given their logits' largest, log of sum and delta.
fn gradient(x: Block, dp: Block, m: vec4f, l: vec4f, delta: vec4f, number: vec4i, key: u32, owns: Owns, head: Head) -> Block {
  let p = probabilities(x, splat(m), splat(l), number, i32(key), owns, head);
  return sloped(gradients(p, dp, splat(delta), number, owns, head), x);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = sizes.first + groups.x - 1u - group.x;
  let b = group.y / sizes.heads;
  let h = group.y % sizes.heads;
  let head = head_of(b, h);
  let queries = queries_at(b, h);
  let keys = keys_at(b, h / sizes.heads_per_key);
  let values = values_at(b, h / sizes.heads_per_key);
  let ups = ups_at(b, h);

  let first = tile * ROWS;
  let places = places_of(lane);
  let rows = first + places;
  let saves = group.y * sizes.t;
  let last = sizes.t - 1u;
  let m = Numbers(saved_four(rows, last, saves, 0u), saved_four(rows + 32u, last, saves, 0u));
  let l = Numbers(saved_four(rows, last, saves, 1u), saved_four(rows + 32u, last, saves, 1u));
  let delta = Numbers(saved_four(rows, last, saves, 2u), saved_four(rows + 32u, last, saves, 2u));
  var upper = owns_of(rows, head);
  var lower = owns_of(rows + 32u, head);
  let path = walk(tile, range_of(tile, head));
  var d: Output;
  for (var n = path.begin; n < path.end; n += STEP) {
    let key = first_row(n);
    mark(&upper, n, places);
    mark(&lower, n, places + 32u);
    let number = numbers(key, lane);
    let x = products_a(first, queries, key, keys, lane);
    var ds = products_b(first, ups, key, values, lane);
    ds.upper = gradient(x.upper, ds.upper, m.upper, l.upper, delta.upper, number, key, upper, head);
    if (LOWER) {
      ds.lower = gradient(x.lower, ds.lower, m.lower, l.lower, delta.lower, number, key, lower, head);
    }
    put_weights(ds, lane);
    weigh_a(&d, key, keys, lane);
  }
  // Not by `queries`: wgsl_reflect's interpreter gives all lanes one lane's struct where a function returned it.
  let origin = b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w;
  let row = first + 4u * down_of(lane);
  put_row(row, origin, d.a.r0, d.b.r0, d.c.r0, d.d.r0, lane);
  put_row(row + 1u, origin, d.a.r1, d.b.r1, d.c.r1, d.d.r1, lane);
  put_row(row + 2u, origin, d.a.r2, d.b.r2, d.c.r2, d.d.r2, lane);
  put_row(row + 3u, origin, d.a.r3, d.b.r3, d.c.r3, d.d.r3, lane);
  if (!LOWER) { return; }
  put_row(row + 32u, origin, d.a.r4, d.b.r4, d.c.r4, d.d.r4, lane);
  put_row(row + 33u, origin, d.a.r5, d.b.r5, d.c.r5, d.d.r5, lane);
  put_row(row + 34u, origin, d.a.r6, d.b.r6, d.c.r6, d.d.r6, lane);
  put_row(row + 35u, origin, d.a.r7, d.b.r7, d.c.r7, d.d.r7, lane);
}
