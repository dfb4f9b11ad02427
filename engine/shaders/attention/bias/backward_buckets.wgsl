// Gradient of a bias by buckets of distance: each lane sums p (dp - delta) of its pairs by bucket, over a walk of its
// tile's keys. part (B tiles lanes, buckets H): a row for each lane, which column_sum adds up in order.
// `bias` comes from expand_buckets.wgsl: behind the heads' rows, one that holds the bucket of each distance.
// Ownership as in backward_query.wgsl; link what that links.
const MANY: u32 = 32; // buckets
@group(0) @binding(4) var<storage, read_write> part: array<f32>;

alias Sums = array<f32, MANY>;

fn add(sums: ptr<function, Sums>, x: vec4f, row: u32, n: vec4i) {
  let buckets = i32(sizes.heads) * sizes.bias_h;
  let distance = n * sizes.bias_s + i32(row) * sizes.bias_t + sizes.bias_offset;
  let at = buckets + clamp(distance, vec4i(), vec4i(sizes.bias_h - 1));
  for (var e = 0u; e < min(4u, sizes.t + 3u); e++) { (*sums)[u32(bias[at[e]])] += x[e]; }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = sizes.first + group.x;
  var at: Seat;
  sit(&at, tile, group.y, local);
  let b = common_head(group.y) / sizes.heads;
  let h = at.bh % sizes.heads;
  let head = head_of(b, h);
  let keys = keys_at(b, h / sizes.heads_per_key);
  let values = values_at(b, h / sizes.heads_per_key);
  let most = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 0u));
  let spread = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 1u));
  let delta = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 2u));
  var sums: Sums;
  var owns = owns_of(at.rows, head);
  let path = walk(tile, range_of(tile, head_of(b, 0u)));
  for (var n = path.begin; n < path.end; n += STEP) {
    let key = first_row(n);
    mark(&owns, n, at.places);
    let number = numbers(key, at);
    var x: Block;
    products_a(&x, queries_at(b, h), key, keys, at);
    var dp: Block;
    products_b(&dp, ups_at(b, h), key, values, at);
    let p = probabilities(x, most, spread, number, i32(key), owns, head);
    let ds = gradients(p, dp, delta, number, owns, head);
    for (var e = 0u; e < quarters(); e++) {
      add(&sums, quarter(ds.a, e), at.rows.x, number + 4 * i32(e));
      add(&sums, quarter(ds.b, e), at.rows.y, number + 4 * i32(e));
      add(&sums, quarter(ds.c, e), at.rows.z, number + 4 * i32(e));
      add(&sums, quarter(ds.d, e), at.rows.w, number + 4 * i32(e));
    }
  }
  let tiles = (sizes.t + TILE - 1u) / TILE;
  let to = ((b * tiles + tile) * HEAD_LANES + at.lane) * MANY * sizes.heads;
  for (var n = 0u; n < min(MANY, sizes.t + MANY); n++) { part[to + n * sizes.heads + h] = sums[n]; }
}
