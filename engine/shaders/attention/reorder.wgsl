// New row b of two caches = old row rows[b], in place: keys, values (B, capacity, C) of KV, rows (B). Only rows that are
// in use are touched, now.position + the largest of starts (B). An invocation owns a column of a slot in all sequences
// and holds all of them before it writes. Link graph/step.wgsl.
const LANES: u32 = 64;
const MOST: u32 = 4; // B at most
alias KV = f32;

struct Sizes { batch: u32, capacity: u32, c: u32 }
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
  for (var b = 0u; b < sizes.batch; b++) { most = max(most, starts[b]); }
  let used = min(sizes.capacity, now.position + most) * sizes.c;
  let row = sizes.capacity * sizes.c;
  var held_keys: array<KV, MOST>;
  var held_values: array<KV, MOST>;
  for (var e = group.x * LANES + lane; e < used; e += groups.x * LANES) {
    for (var b = 0u; b < sizes.batch; b++) {
      let at = min(rows[b], sizes.batch - 1u) * row + e;
      held_keys[b] = keys[at];
      held_values[b] = values[at];
    }
    for (var b = 0u; b < sizes.batch; b++) {
      let at = b * row + e;
      keys[at] = held_keys[b];
      values[at] = held_values[b];
    }
  }
}
