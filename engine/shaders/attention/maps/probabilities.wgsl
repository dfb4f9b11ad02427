// A map over all pairs of some query rows and all keys, for looking at: what probabilities_p.wgsl or probabilities_dp.wgsl
// makes of each product. map (maps, rows, keys): a head each, or one that combines them (mean, largest, smallest); ask =
// [sequence, first row, row after the last, keys, how heads combine, number of heads, heads …].
// An invocation owns four query rows and, of every tile of keys, four: it first clears them, because tiles in which no
// pair sees are never visited, then walks as the fused kernels do. Nothing is shared, so there is no barrier.
// Link pack*, probabilities_p or _dp, score, bias_*, walk_*, turn_table or turn_none, graph/step, lib/random.
const TILE: u32 = 16;
const HEADS: u32 = 6; // where the heads begin in `ask`
alias T = f32;
alias KV = f32;

@group(0) @binding(3) var<storage, read> ask: array<u32>;
@group(0) @binding(4) var<storage, read_write> map: array<f32>;

fn put(layer: u32, row: u32, key: u32, x: vec4f) {
  if (row < ask[1] || row >= ask[2]) { return; }
  let at = (layer * (ask[2] - ask[1]) + row - ask[1]) * ask[3] + key;
  for (var n = 0u; n < min(4u, ask[3] - key); n++) { map[at + n] = x[n]; }
}

// The n-th head's numbers joined with those of the heads before it, where heads combine.
fn join(row: u32, key: u32, x: vec4f, n: u32) -> vec4f {
  if (ask[4] == 0u || row < ask[1] || row >= ask[2]) { return x; }
  let share = select(x, x / f32(ask[5]), ask[4] == 1u);
  if (n == 0u) { return share; }
  let at = vec4u((row - ask[1]) * ask[3]) + min(vec4u(key, key + 1u, key + 2u, key + 3u), vec4u(ask[3] - 1u));
  let old = vec4f(map[at.x], map[at.y], map[at.z], map[at.w]);
  if (ask[4] == 1u) { return old + share; }
  return select(min(old, x), max(old, x), ask[4] == 2u);
}

// Rows with their heads' first element at `at`, turned.
fn query_of(at: u32, i: u32, row: u32) -> F {
  return turned(query_at(at + i), query_at(at + partner_of(i)), i, place_of(row, false));
}
fn key_of(at: u32, i: u32, row: u32) -> F {
  return turned(key_at(at + i), key_at(at + partner_of(i)), i, place_of(row, true));
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let across = TILE / 4u;
  let seat = (sizes.first + group.x) * 64u + lane;
  let column = seat % across * 4u;
  let first = (ask[1] / 4u + seat / across) * 4u;
  if (first >= ask[2]) { return; }
  for (var key = column; key < ask[3]; key += TILE) {
    for (var r = 0u; r < 4u; r++) { put(group.y, first + r, key, vec4f()); }
  }
  let tile = i32(first / TILE * TILE);
  var count = ask[5];
  if (ask[4] == 0u) { count = 1u; }
  for (var n = 0u; n < count; n++) {
    let h = ask[HEADS + select(group.y, n, ask[4] != 0u)];
    let head = head_of(ask[0], h);
    let last = max(1u, head.visible) - 1u;
    let path = walk(first / TILE, vec2i(keys_of(tile, head).x, keys_of(tile + i32(TILE) - 1, head).y));
    for (var step = path.begin; step < path.end; step += STEP) {
      let origin = first_row(step);
      let key = origin + column;
      if (key >= ask[3]) { continue; }
      let number = vec4u(key, key + 1u, key + 2u, key + 3u);
      let near = min(number, vec4u(last));
      let keys = key_start(ask[0], h) + near * key_stride();
      for (var r = 0u; r < 4u; r++) {
        let row = min(first + r, sizes.t - 1u);
        let query = query_start(ask[0], h) + row * query_stride();
        var product = vec4f();
        for (var i = 0u; i < sizes.w; i++) {
          let x = query_of(query, i, row);
          product += vec4f(
            inner(x, key_of(keys.x, i, near.x)), inner(x, key_of(keys.y, i, near.y)),
            inner(x, key_of(keys.z, i, near.z)), inner(x, key_of(keys.w, i, near.w)),
          );
        }
        let own = Own(keys_of(i32(row), head), i32(row), marks_of(step, row % TILE));
        put(group.y, first + r, key, join(first + r, key, shown(product, vec4i(number), i32(origin), own, head), n));
      }
    }
  }
}
