// dm = dy (m - I) / y, 0 where y is: of y = ‖m - I‖, added to what is there with ADD. m (R, R) of T, dm of D; an invocation owns one number.
const LANES: u32 = 64;
const ADD: bool = false;
alias T = f32;
alias D = f32;

struct Sizes { n: u32, rank: u32 }
@group(0) @binding(0) var<storage, read> m: array<T>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dm: array<D>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let d = f32(m[i]) - select(0.0, 1.0, i / sizes.rank == i % sizes.rank);
  let norm = y[0];
  var value = select(dy[0] * d / max(norm, 1e-30), 0.0, norm == 0.0);
  if (ADD) { value += f32(dm[i]); }
  dm[i] = D(value);
}
