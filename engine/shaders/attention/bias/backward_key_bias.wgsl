// dbias = Σ_t p (dp - delta) for biases with an entry for each key that all queries share (key padding, learned or
// not), summed over the sequences and heads that share it too, in order. A workgroup owns a tile of keys of one entry
// of the bias's leading axes. ADD: dbias holds a gradient already. Link what backward_key.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dbias: array<DX>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let own_heads = select(1u, sizes.heads, sizes.bias_h != 0);
  let tile = sizes.first + group.x;
  var at: Seat;
  sit(&at, tile, group.y, local);
  let first_b = select(0u, group.y / own_heads, sizes.bias_b != 0);
  let end_b = select(sizes.batch, first_b + 1u, sizes.bias_b != 0);
  let first_h = select(0u, group.y % own_heads, sizes.bias_h != 0);
  let end_h = select(sizes.heads, first_h + 1u, sizes.bias_h != 0);
  let path = walk(tile, range_of(tile, head_of(0u, 0u)));
  var sum = vec4f();
  for (var b = first_b; b < end_b; b++) {
    for (var h = first_h; h < end_h; h++) {
      let head = head_of(b, h);
      let rows = (b * sizes.heads + h) * sizes.t;
      var owns = owns_of(at.rows, head);
      for (var n = path.begin; n < path.end; n += STEP) {
        let query = first_row(n);
        mark(&owns, n, at.places);
        let number = numbers(query, at);
        let most = saved_strip(query, sizes.t - 1u, rows, 0u, at);
        let spread = saved_strip(query, sizes.t - 1u, rows, 1u, at);
        let delta = saved_strip(query, sizes.t - 1u, rows, 2u, at);
        var x: Block;
        products_a(&x, keys_at(b, h / sizes.heads_per_key), query, queries_at(b, h), at);
        var dp: Block;
        products_b(&dp, values_at(b, h / sizes.heads_per_key), query, ups_at(b, h), at);
        let p = probabilities(x, same_rows(most), same_rows(spread), number, i32(query), owns, head);
        sum += total(gradients(p, dp, Block(delta, delta, delta, delta), number, owns, head));
      }
    }
  }
  sum = row_total(sum, at);
  let place = sizes.bias_offset + i32(first_b) * sizes.bias_b + i32(first_h) * sizes.bias_h;
  for (var r = 0u; r < 4u; r++) {
    if (at.rows[r] >= sizes.s || !writes_row(at)) { continue; }
    let to = place + i32(at.rows[r]) * sizes.bias_s;
    var y = sum[r];
    if (ADD) { y += f32(dbias[to]); }
    dbias[to] = DX(y);
  }
}
