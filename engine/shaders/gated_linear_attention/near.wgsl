// Products of a chunk's rows i with its rows j, in place: products (B, N, chunks, shares · chunk, chunk) times what is left
// at row i of row j, times `scale` and, with rate.wgsl, β of row i; zeros where j is later, and with STRICT where j is i.
// An invocation owns a number. Link log_decay*.wgsl (one decay a head, or none), packed_rate.wgsl and rate*.wgsl.
const LANES: u32 = 64;
const STRICT: bool = false;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, shares: u32, scale: f32 }
@group(0) @binding(0) var<storage, read_write> products: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let j = at % sizes.chunk;
  let i = at / sizes.chunk % sizes.chunk;
  if (j > i || (STRICT && j == i)) {
    products[at] = 0.0;
    return;
  }
  let matrix = at / (sizes.chunk * sizes.chunk * sizes.shares);
  let line = matrix * sizes.chunk;
  let beta = packed_rate(matrix, i);
  products[at] *= sizes.scale * beta * exp(log_decay(line + i, 0u, 1u) - log_decay(line + j, 0u, 1u));
}
