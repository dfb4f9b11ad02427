// The mapping of point-wise kernels: an invocation owns PER (1, 2 or 4) consecutive elements of n, a multiple of PER.
// Link it into a kernel that declares `sizes.n` and fn point(i: u32), which does element i. Unrolled, not a loop:
// on SwiftShader a loop doubles the time, and four vectors side by side are a whole cache line.
const LANES: u32 = 64;
const PER: u32 = 1;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = ((group.x + group.y * groups.x) * LANES + lane) * PER;
  if (i >= sizes.n) { return; }
  point(i);
  if (PER >= 2u) { point(i + 1u); }
  if (PER >= 4u) {
    point(i + 2u);
    point(i + 3u);
  }
}
