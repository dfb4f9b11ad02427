// Packed rows (B, N, chunks, shares · chunk, fours · 4) back to where they belong in dx (B, T, ·): a head gets the sum of
// those that were made of it, times `scale` and, with rate.wgsl, β. ADD: dx holds a gradient already. An invocation
// owns four numbers of dx. Link rate*.wgsl.
alias DX = f32;
const LANES: u32 = 64;
const ADD: bool = false;
struct Sizes {
  n: u32, t: u32, states: u32, chunk: u32, chunks: u32, shares: u32, heads: u32, width: u32, fours: u32, stride: u32,
  offset: u32, scale: f32,
}
@group(0) @binding(0) var<storage, read> packed: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<DX>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let column = i % sizes.fours;
  let head = i / sizes.fours % sizes.heads;
  let row = i / (sizes.fours * sizes.heads);
  let b = row / sizes.t;
  let t = row % sizes.t;
  let made = sizes.states * sizes.shares / sizes.heads;
  var sum = vec4f();
  for (var m = 0u; m < made; m++) {
    let number = head * made + m;
    let n = number / sizes.shares;
    let matrix = (b * sizes.states + n) * sizes.chunks + t / sizes.chunk;
    let source = (matrix * sizes.shares + number % sizes.shares) * sizes.chunk + t % sizes.chunk;
    sum += packed[source * sizes.fours + column] * rate(b, t, n);
  }
  sum *= sizes.scale;
  let at = row * sizes.stride + sizes.offset + head * sizes.width + column * 4u;
  for (var c = 0u; c < 4u; c++) {
    if (column * 4u + c >= sizes.width) { break; }
    if (ADD) { dx[at + c] = DX(f32(dx[at + c]) + sum[c]); } else { dx[at + c] = DX(sum[c]); }
  }
}
