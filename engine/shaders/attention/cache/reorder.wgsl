// New row b of two caches = old row rows[b], in place: keys, values (B, capacity, C) of KV, rows (B). Rows move within
// groups of sizes.within, as hypotheses of one sentence do. Only slots that are in use are touched, now.position + the
// largest of starts (B). An invocation owns a column of a slot in the sequences of a group and holds them all before it
// writes; sequences that stay cost no more than reading `rows`. Link graph/step.wgsl.
const LANES: u32 = 64;
const MOST: u32 = 4; // rows of a group at most
alias KV = f32;

// ragged: how many starts to look at, 0 where there are none: every invocation does.
struct Sizes { batch: u32, ragged: u32, within: u32, capacity: u32, c: u32 }
@group(0) @binding(0) var<storage, read_write> keys: array<KV>;
@group(0) @binding(1) var<storage, read_write> values: array<KV>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var most = 0u;
  for (var b = 0u; b < sizes.ragged; b++) { most = max(most, starts[b]); }
  let used = min(sizes.capacity, now.position + most) * sizes.c;
  let row = sizes.capacity * sizes.c;
  let last = sizes.within - 1u;
  let all = sizes.batch / sizes.within * used;
  for (var n = group.x * LANES + lane; n < all; n += groups.x * LANES) {
    let first = n / used * sizes.within;
    let base = first * row + n % used;
    var held_keys: array<KV, MOST>;
    var held_values: array<KV, MOST>;
    for (var b = 0u; b < sizes.within; b++) {
      if (rows[first + b] == first + b) { continue; }
      let at = base + min(max(rows[first + b], first) - first, last) * row;
      held_keys[b] = keys[at];
      held_values[b] = values[at];
    }
    for (var b = 0u; b < sizes.within; b++) {
      if (rows[first + b] == first + b) { continue; }
      keys[base + b * row] = held_keys[b];
      values[base + b * row] = held_values[b];
    }
  }
}
