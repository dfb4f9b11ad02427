// backward_key.wgsl on tile_outer.wgsl: the same bindings and results. Link backward, owns_keys, tile_outer_backward and what
// forward_outer.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dkv: array<DX>;

fn put(at: u32, x: F) {
  var y = x;
  if (ADD) { y += F(dkv[at]); }
  dkv[at] = DX(y);
}

// A row of keys or values that begins at `to`.
fn put_row(row: u32, to: u32, a: vec4f, b: vec4f, c: vec4f, d: vec4f, lane: u32) {
  if (row >= sizes.s) { return; }
  let across = across_of(lane);
  put_four(to, across, a);
  if (COLUMNS > 1u) { put_four(to, across + 8u, b); }
  if (COLUMNS > 2u) { put_four(to, across + 16u, c); }
  if (COLUMNS > 3u) { put_four(to, across + 24u, d); }
}
fn put_rows(row: u32, base: u32, stride: u32, x: Output, lane: u32) {
  let to = base + row * stride;
  put_row(row, to, x.a.r0, x.b.r0, x.c.r0, x.d.r0, lane);
  put_row(row + 1u, to + stride, x.a.r1, x.b.r1, x.c.r1, x.d.r1, lane);
  put_row(row + 2u, to + 2u * stride, x.a.r2, x.b.r2, x.c.r2, x.d.r2, lane);
  put_row(row + 3u, to + 3u * stride, x.a.r3, x.b.r3, x.c.r3, x.d.r3, lane);
  if (!LOWER) { return; }
  put_row(row + 32u, to + 32u * stride, x.a.r4, x.b.r4, x.c.r4, x.d.r4, lane);
  put_row(row + 33u, to + 33u * stride, x.a.r5, x.b.r5, x.c.r5, x.d.r5, lane);
  put_row(row + 34u, to + 34u * stride, x.a.r6, x.b.r6, x.c.r6, x.d.r6, lane);
  put_row(row + 35u, to + 35u * stride, x.a.r7, x.b.r7, x.c.r7, x.d.r7, lane);
}

// What the streamed rows have saved: largest logits, logarithms of sums, deltas.
struct Saved { m: vec4f, l: vec4f, delta: vec4f }

fn probabilities_of(x: Block, saved: Saved, number: vec4i, query: u32, owns: Owns, head: Head) -> Block {
  return probabilities(x, same_rows(saved.m), same_rows(saved.l), number, i32(query), owns, head);
}
fn gradient(x: Block, p: Block, dp: Block, saved: Saved, number: vec4i, owns: Owns, head: Head) -> Block {
  return sloped(gradients(p, dp, same_rows(saved.delta), number, owns, head), x);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = sizes.first + group.x;
  let key_heads = sizes.heads / sizes.heads_per_key;
  let b = group.y / key_heads;
  let key_head = group.y % key_heads;
  let keys = keys_at(b, key_head);
  let values = values_at(b, key_head);
  let first = tile * ROWS;
  let places = places_of(lane);
  let path = walk(tile, range_of(tile, head_of(b, 0u)));
  var dk: Output;
  var dv: Output;
  for (var share = 0u; share < sizes.heads_per_key; share++) {
    let h = key_head * sizes.heads_per_key + share;
    let head = head_of(b, h);
    let queries = queries_at(b, h);
    let ups = ups_at(b, h);
    let rows = (b * sizes.heads + h) * sizes.t;
    let last = sizes.t - 1u;
    var upper = owns_of(first + places, head);
    var lower = owns_of(first + places + 32u, head);
    for (var n = path.begin; n < path.end; n += STEP) {
      let query = first_row(n);
      mark(&upper, n, places);
      mark(&lower, n, places + 32u);
      let number = numbers(query, lane);
      let streamed = vec4u(number);
      let saved = Saved(
        saved_four(streamed, last, rows, 0u), saved_four(streamed, last, rows, 1u), saved_four(streamed, last, rows, 2u));
      let x = products_a(first, keys, query, queries, lane);
      var ds = products_b(first, values, query, ups, lane);
      var p = no_products();
      p.upper = probabilities_of(x.upper, saved, number, query, upper, head);
      ds.upper = gradient(x.upper, p.upper, ds.upper, saved, number, upper, head);
      p.upper = thinned(p.upper, number, upper, head);
      if (LOWER) {
        p.lower = probabilities_of(x.lower, saved, number, query, lower, head);
        ds.lower = gradient(x.lower, p.lower, ds.lower, saved, number, lower, head);
        p.lower = thinned(p.lower, number, lower, head);
      }
      put_weights(p, lane);
      weigh_b(&dv, query, ups, lane);
      put_weights(ds, lane);
      weigh_a(&dk, query, queries, lane);
    }
  }
  // Not by `keys` and `values`: wgsl_reflect's interpreter gives all lanes one lane's struct where a function returned it.
  let row = first + 4u * down_of(lane);
  let keys_from = b * sizes.s * sizes.k_stride + sizes.k_offset + key_head * sizes.w;
  let values_from = b * sizes.s * sizes.v_stride + sizes.v_offset + key_head * sizes.w;
  put_rows(row, keys_from, sizes.k_stride, dk, lane);
  put_rows(row, values_from, sizes.v_stride, dv, lane);
}
