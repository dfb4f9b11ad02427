// dbias = p (dp - delta), summed over the sequences and heads that share a bias, in order: for biases with an entry for
// each pair (t, j). A workgroup owns a tile of pairs of one entry of the bias's own leading axes. dbias is laid out
// like bias; entries that no pair uses (Transformer-XL's shifted rows) are not touched. ADD: it holds a gradient already,
// and pairs out of reach are left out: of shifted rows, such a pair's place is another row's, which has its own owner.
// Tiles in which no pair sees are not computed, only cleared.
// Link what backward_query.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dbias: array<DX>;

// `place`: the element of pair (0, 0) of the entry that this workgroup owns.
fn put(x: vec4f, row: u32, n: vec4i, place: i32) {
  for (var e = 0u; e < min(4u, sizes.t + 3u); e++) {
    let to = place + i32(row) * sizes.bias_t + n[e] * sizes.bias_s;
    let reach = n[e] - i32(row);
    let owned = !ADD || (reach >= sizes.left && reach <= sizes.right);
    if (owned && row < sizes.t && n[e] < i32(sizes.s) && to >= 0 && to <= sizes.bias_last) {
      var y = x[e];
      if (ADD) { y += f32(dbias[to]); }
      dbias[to] = DX(y);
    }
  }
}
// Whether any pair of this tile of queries and this tile of keys sees each other; takes the marks of those that do.
fn meet(owns: ptr<function, Owns>, tile: u32, key: u32, head: Head, places: vec4u) -> bool {
  let range = range_of(tile, head);
  if (!SPARSE) { return i32(key + TILE) > range.x && i32(key) <= range.y; }
  let path = walk(tile, range);
  for (var n = path.begin; n < path.end; n += STEP) {
    if (first_row(n) == key) {
      mark(owns, n, places);
      return true;
    }
  }
  return false;
}
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = sizes.first + group.x;
  let key = group.y * TILE;
  // Entry z of the leading axes of the bias, of which an axis with stride 0 has one.
  let own_heads = select(1u, sizes.heads, sizes.bias_h != 0);
  let entry = group.z;
  var at: Seat;
  sit(&at, tile, entry, local);
  let first_b = select(0u, entry / own_heads, sizes.bias_b != 0);
  let end_b = select(sizes.batch, first_b + 1u, sizes.bias_b != 0);
  let first_h = select(0u, entry % own_heads, sizes.bias_h != 0);
  let end_h = select(sizes.heads, first_h + 1u, sizes.bias_h != 0);
  let place = sizes.bias_offset + i32(first_b) * sizes.bias_b + i32(first_h) * sizes.bias_h;
  let number = numbers(key, at);
  var sum = splat(vec4f());
  for (var b = first_b; b < end_b; b++) {
    for (var h = first_h; h < end_h; h++) {
      let head = head_of(b, h);
      let row = (b * sizes.heads + h) * sizes.t;
      let most = splat(saved_four(at.rows, sizes.t - 1u, row, 0u));
      let spread = splat(saved_four(at.rows, sizes.t - 1u, row, 1u));
      let delta = splat(saved_four(at.rows, sizes.t - 1u, row, 2u));
      var owns = owns_of(at.rows, head);
      if (!meet(&owns, tile, key, head, at.places)) { continue; }
      var x: Block;
      products_a(&x, queries_at(b, h), key, keys_at(b, h / sizes.heads_per_key), at);
      var dp: Block;
      products_b(&dp, ups_at(b, h), key, values_at(b, h / sizes.heads_per_key), at);
      let p = probabilities(x, most, spread, number, i32(key), owns, head);
      sum = plus(sum, gradients(p, dp, delta, number, owns, head));
    }
  }
  for (var e = 0u; e < quarters(); e++) {
    put(quarter(sum.a, e), at.rows.x, number + 4 * i32(e), place);
    put(quarter(sum.b, e), at.rows.y, number + 4 * i32(e), place);
    put(quarter(sum.c, e), at.rows.z, number + 4 * i32(e), place);
    put(quarter(sum.d, e), at.rows.w, number + 4 * i32(e), place);
  }
}
