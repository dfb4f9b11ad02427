// dv = Σ_t p dout and dk = Σ_t ds q, with p after dropout and ds as in backward_query.wgsl. Each output has one owner:
// a workgroup owns a tile of keys of a key head and streams the queries of every head that shares it. dkv is laid out
// like the tensor of k and v. ADD: it holds a gradient already. Link backward, owns_keys and what forward.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dkv: array<DX>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = sizes.first + group.x;
  var at: Seat;
  sit(&at, tile, group.y, local);
  let key_heads = sizes.heads / sizes.heads_per_key;
  let b = common_head(group.y) / key_heads;
  let key_head = at.bh % key_heads;
  let keys = keys_at(b, key_head);
  let values = values_at(b, key_head);
  let path = walk(tile, range_of(tile, head_of(b, 0u)));
  var dk: Output;
  var dv: Output;
  for (var share = 0u; share < sizes.heads_per_key; share++) {
    let h = key_head * sizes.heads_per_key + share;
    let head = head_of(b, h);
    let queries = queries_at(b, h);
    let ups = ups_at(b, h);
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
      products_a(&x, keys, query, queries, at);
      var dp: Block;
      products_b(&dp, values, query, ups, at);
      let p = probabilities(x, same_rows(most), same_rows(spread), number, i32(query), owns, head);
      let ds = sloped(gradients(p, dp, Block(delta, delta, delta, delta), number, owns, head), x);
      weigh_b(&dv, vec4f(1.0), thinned(p, number, owns, head), query, ups, at);
      weigh_a(&dk, vec4f(1.0), ds, query, queries, at);
    }
  }
  for (var r = 0u; r < 4u; r++) {
    let row = at.rows[r];
    if (row >= sizes.s) { continue; }
    for (var c = 0u; c < columns(); c++) {
      let i = column(c, at);
      if (i < sizes.w) {
        let to_key = keys.base + row * keys.stride + i;
        let to_value = values.base + row * values.stride + i;
        var x = dk[4u * c + r];
        var y = dv[4u * c + r];
        if (ADD) {
          x += F(dkv[to_key]);
          y += F(dkv[to_value]);
        }
        dkv[to_key] = DX(x);
        dkv[to_value] = DX(y);
      }
    }
  }
}
