// Copies keys and values of fused rows into their caches, row t to now.position + t; rows past the capacity are dropped.
// qkv (B, T, (H + 2G) D), keys, values (B, capacity, G D). An invocation owns one F of keys and one of values.
// Link pack*.wgsl, step.wgsl.
const LANES: u32 = 64;
alias T = f32;
alias KV = f32;

struct Sizes { t: u32, capacity: u32, c: u32, stride: u32, k_offset: u32, v_offset: u32, n: u32 }
@group(0) @binding(0) var<storage, read> qkv: array<T>;
@group(0) @binding(1) var<storage, read_write> keys: array<KV>;
@group(0) @binding(2) var<storage, read_write> values: array<KV>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  if (e >= sizes.n) { return; }
  let column = e % sizes.c;
  let row = e / sizes.c;
  let position = now.position + row % sizes.t;
  if (position >= sizes.capacity) { return; }
  let to = (row / sizes.t * sizes.capacity + position) * sizes.c + column;
  keys[to] = KV(F(qkv[row * sizes.stride + sizes.k_offset + column]));
  values[to] = KV(F(qkv[row * sizes.stride + sizes.v_offset + column]));
}
