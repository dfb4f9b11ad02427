// The gradient of each running sum of log decays: what makes a number grow with it, less what makes it shrink:
// Σ query · dquery over the shares, plus key · (β before - later), all packed by chunks -> parts (B, N, chunks, chunk, W).
// An invocation owns four numbers. DELTA: there is a correction. Link packed_rate.wgsl and rate*.wgsl.
const LANES: u32 = 64;
const DELTA: bool = false;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, shares: u32, fours: u32 }
@group(0) @binding(0) var<storage, read> query: array<vec4f>;
@group(0) @binding(1) var<storage, read> dquery: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> key: array<vec4f>;
@group(0) @binding(4) var<storage, read> before: array<vec4f>;
@group(0) @binding(5) var<storage, read> later: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> parts: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let line = at / sizes.fours;
  let matrix = line / sizes.chunk;
  var sum = vec4f();
  for (var share = 0u; share < sizes.shares; share++) {
    let own = ((matrix * sizes.shares + share) * sizes.chunk + line % sizes.chunk) * sizes.fours + at % sizes.fours;
    sum += query[own] * dquery[own];
  }
  if (DELTA) { sum += key[at] * packed_rate(matrix, line % sizes.chunk) * before[at]; }
  parts[at] = sum - key[at] * later[at];
}
