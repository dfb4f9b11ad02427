// dq = Σ_j ds k, where ds = p (dp - delta) slope and dp = dout vᵀ. Ownership as in forward.wgsl; dq is laid out like q.
// ADD: dq holds a gradient already. Link backward, owns_queries and what forward.wgsl links.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(4) var<storage, read_write> dq: array<DX>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = sizes.first + groups.x - 1u - group.x;
  var at: Seat;
  sit(&at, tile, group.y, local);
  let b = common_head(group.y) / sizes.heads;
  let h = at.bh % sizes.heads;
  let head = head_of(b, h);
  let queries = queries_at(b, h);
  let keys = keys_at(b, h / sizes.heads_per_key);
  let values = values_at(b, h / sizes.heads_per_key);
  let ups = ups_at(b, h);
  let most = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 0u));
  let spread = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 1u));
  let delta = splat(saved_four(at.rows, sizes.t - 1u, at.bh * sizes.t, 2u));

  var owns = owns_of(at.rows, head);
  let path = walk(tile, range_of(tile, head_of(b, 0u)));
  var d: Output;
  for (var n = path.begin; n < path.end; n += STEP) {
    let key = first_row(n);
    mark(&owns, n, at.places);
    let number = numbers(key, at);
    var x: Block;
    products_a(&x, queries, key, keys, at);
    var dp: Block;
    products_b(&dp, ups, key, values, at);
    let p = probabilities(x, most, spread, number, i32(key), owns, head);
    let ds = sloped(gradients(p, dp, delta, number, owns, head), x);
    weigh_a(&d, vec4f(1.0), ds, key, keys, at);
  }
  // Not by `queries`: wgsl_reflect's interpreter gives all lanes one lane's struct where a function returned it.
  let origin = b * sizes.t * sizes.q_stride + sizes.q_offset + h * sizes.w;
  for (var r = 0u; r < 4u; r++) {
    if (at.rows[r] >= sizes.t) { continue; }
    let to = origin + at.rows[r] * sizes.q_stride;
    for (var c = 0u; c < columns(); c++) {
      let i = column(c, at);
      if (i < sizes.w) {
        var y = d[4u * c + r];
        if (ADD) { y += F(dq[to + i]); }
        dq[to + i] = DX(y);
      }
    }
  }
}
