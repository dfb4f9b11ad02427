// (I + near)⁻¹ of each chunk by substitution: near (·, chunk, chunk), zero from the diagonal on -> solved, of the same shape.
// It turns a chunk's corrections, each of which waits for those before it, into one product (Yang et al. 2024, section 3.2).
// An invocation owns a column, which depends on no other.
const LANES: u32 = 64;
const MOST: u32 = 64; // rows of a chunk at most
struct Sizes { n: u32, chunk: u32 }
@group(0) @binding(0) var<storage, read> near: array<f32>;
@group(0) @binding(1) var<storage, read_write> solved: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
alias Own = array<f32, MOST>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var own: Own;
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let j = at % sizes.chunk;
  let base = at / sizes.chunk * sizes.chunk * sizes.chunk;
  for (var i = 0u; i < sizes.chunk; i++) {
    var sum = select(0.0, 1.0, i == j);
    for (var l = j; l < i; l++) { sum -= near[base + i * sizes.chunk + l] * own[l]; }
    own[i] = sum;
    solved[base + i * sizes.chunk + j] = sum;
  }
}
