// Products of a chunk's rows where each number of a key fades by itself: Σ_d left_id right_jd e^(c_id - c_jd), left
// (B, N, chunks, shares · chunk, W), right (B, N, chunks, chunk, W) -> products (B, N, chunks, shares · chunk, chunk), as
// near.wgsl has them. Each exponent is of a difference, so that strong decays underflow and never overflow (Yang et al. 2023, section 4.3).
// An invocation owns a number. Link log_decay.wgsl, packed_rate.wgsl and rate*.wgsl.
const LANES: u32 = 64;
const STRICT: bool = false;
struct Sizes { n: u32, t: u32, states: u32, chunk: u32, chunks: u32, shares: u32, width: u32, fours: u32 }
@group(0) @binding(0) var<storage, read_write> products: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> left: array<f32>;
@group(0) @binding(4) var<storage, read> right: array<f32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let j = at % sizes.chunk;
  let left_row = at / sizes.chunk;
  let i = left_row % sizes.chunk;
  if (j > i || (STRICT && j == i)) {
    products[at] = 0.0;
    return;
  }
  let matrix = left_row / (sizes.chunk * sizes.shares);
  let line = matrix * sizes.chunk;
  let beta = packed_rate(matrix, i);
  var sum = 0.0;
  for (var d = 0u; d < sizes.width; d++) {
    let kept = exp(log_decay(line + i, d, sizes.width) - log_decay(line + j, d, sizes.width));
    sum += left[left_row * sizes.fours * 4u + d] * right[(line + j) * sizes.fours * 4u + d] * kept;
  }
  products[at] = sum * beta;
}
