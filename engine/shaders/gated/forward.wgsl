// y = f(gate) up, x (N, 2W) being gate (N, W) beside up (N, W). y (N, W), all of T; w counts T.
// Link lib/activation.wgsl for f. Each invocation owns PER elements of y, one workgroup apart.
const LANES: u32 = 64;
const PER: u32 = 1;
alias T = f32;

struct Sizes { n: u32, w: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let base = (group.x + group.y * groups.x) * (LANES * PER) + lane;
  for (var j = 0u; j < PER; j++) {
    let i = base + j * LANES;
    if (i >= sizes.n) { continue; }
    let gate = i + i / sizes.w * sizes.w; // row 2W + column
    y[i] = T(activate(F(x[gate])) * F(x[gate + sizes.w]));
  }
}
