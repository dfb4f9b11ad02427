// forward was y = a + b of one shape, so now da = dy and db = dy in one pass. dy (N) of S, da (N) of A, db (N) of B.
// ADD_A, ADD_B: that gradient is added to what is there. Mapping as in forward.wgsl.
const LANES: u32 = 64;
const PER: u32 = 1;
const ADD_A: bool = false;
const ADD_B: bool = false;
alias S = f32;
alias A = f32;
alias B = f32;
alias F = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read_write> da: array<A>;
@group(0) @binding(2) var<storage, read_write> db: array<B>;
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
    let d = F(dy[i]);
    var to_a = d;
    if (ADD_A) { to_a += F(da[i]); }
    da[i] = A(to_a);
    var to_b = d;
    if (ADD_B) { to_b += F(db[i]); }
    db[i] = B(to_b);
  }
}
