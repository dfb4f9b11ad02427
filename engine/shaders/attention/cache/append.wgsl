// Copies keys and values of new rows into their caches, turning the keys on the way if turn.wgsl is linked.
// qkv (B, T, ·), keys, values (B, capacity, G D). Row t of sequence b stands at now.position + starts[b] + t. Where the
// caches slide, positions from `sinks` on share the slots after the sinks in turn: of rows that meet, the last is kept,
// and padding (rows from lengths[b] or now.length on) is left out. Elsewhere rows past the capacity are.
// An invocation owns one F of keys and one of values. Link pack*.wgsl, turn*.wgsl, graph/step.wgsl.
const LANES: u32 = 64;
alias T = f32;
alias KV = f32;

struct Sizes {
  n: u32, t: u32, capacity: u32, sinks: u32, slides: u32, c: u32, stride: u32, k_offset: u32, v_offset: u32,
  w: u32, half: u32, factor: f32,
}
@group(0) @binding(0) var<storage, read> qkv: array<T>;
@group(0) @binding(1) var<storage, read_write> keys: array<KV>;
@group(0) @binding(2) var<storage, read_write> values: array<KV>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

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
  let b = row / sizes.t;
  let start = now.position + starts[b];
  let position = start + row % sizes.t;
  var slot = position;
  if (sizes.slides != 0u) {
    var real = min(sizes.t, lengths[b]);
    if (now.length > 0u) { real = min(real, now.length); }
    let ring = sizes.capacity - sizes.sinks;
    let sink = position < sizes.sinks;
    if (position >= start + real || !(sink || position + ring >= start + real)) { return; }
    slot = select(sizes.sinks + (position - sizes.sinks) % ring, position, sink);
  }
  if (slot >= sizes.capacity) { return; }
  let to = (b * sizes.capacity + slot) * sizes.c + column;
  let i = column % sizes.w;
  let key = row * sizes.stride + sizes.k_offset + column;
  let partner = key - i + partner_of(i);
  keys[to] = KV(turned(F(qkv[key]), F(qkv[partner]), i, position));
  values[to] = KV(F(qkv[row * sizes.stride + sizes.v_offset + column]));
}
