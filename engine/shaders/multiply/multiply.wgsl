// y = a b, or y += a b with ADD. a (N) of A, y (N) of T; b (M) of B, M a divisor of N, repeats: BROADCAST where M < N.
// Each invocation owns PER elements, one workgroup apart, so that neighbours read neighbours.
const LANES: u32 = 64;
const PER: u32 = 1;
const BROADCAST: bool = false;
const ADD: bool = false;
alias A = f32;
alias B = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, m: u32 }
@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
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
    var k = i;
    if (BROADCAST) { k = i % sizes.m; }
    var value = F(a[i]) * F(b[k]);
    if (ADD) { value += F(y[i]); }
    y[i] = T(value);
  }
}
