// forward was y = f(x), so now dx = dy f'(x). x, dy, dx (N) of T; link lib/activation.wgsl for f'.
// ADD: dx holds a gradient already and this one is added. Mapping as in forward.wgsl.
const LANES: u32 = 64;
const PER: u32 = 1;
const ADD: bool = false;
alias T = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read_write> dx: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

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
    var d = F(dy[i]) * activate_slope(F(x[i]));
    if (ADD) { d += F(dx[i]); }
    dx[i] = T(d);
  }
}
