// dβ of a row: its value times the gradient of what is written, and its key times `before`, what the correction says of it.
// v (B, T, ·); gradients (B, N, chunks, chunk, F), key and before (B, N, chunks, chunk, W) -> dx (B, T, N). ADD: dx holds a
// gradient already. An invocation owns a number.
alias V = f32;
alias DX = f32;
const LANES: u32 = 64;
const ADD: bool = false;
struct Sizes {
  n: u32, t: u32, states: u32, chunk: u32, chunks: u32, packs: u32, value_width: u32, fours: u32, stride: u32, offset: u32,
}
@group(0) @binding(0) var<storage, read> v: array<V>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> key: array<vec4f>;
@group(0) @binding(4) var<storage, read> before: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dx: array<DX>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let n = at % sizes.states;
  let row = at / sizes.states;
  let t = row % sizes.t;
  let line = ((row / sizes.t * sizes.states + n) * sizes.chunks + t / sizes.chunk) * sizes.chunk + t % sizes.chunk;
  var sum = 0.0;
  let source = row * sizes.stride + sizes.offset + n * sizes.value_width;
  for (var e = 0u; e < sizes.value_width; e++) { sum += f32(v[source + e]) * gradients[line * sizes.fours * 4u + e]; }
  for (var d = 0u; d < sizes.packs; d++) { sum += dot(key[line * sizes.packs + d], before[line * sizes.packs + d]); }
  if (ADD) { dx[at] = DX(f32(dx[at]) + sum); } else { dx[at] = DX(sum); }
}
