// y = factor x, or y += factor x with ADD. x (N) of S, y (N) of T.
// Each invocation owns PER elements, one workgroup apart, so that neighbours read neighbours.
const LANES: u32 = 64;
const PER: u32 = 1;
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
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
    var value = F(x[i]) * sizes.factor;
    if (ADD) { value += F(y[i]); }
    y[i] = T(value);
  }
}
