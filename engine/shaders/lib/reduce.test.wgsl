// Test kernel: sum, pair of sums and maximum of LANES numbers per workgroup, as every invocation got them; with FOURS
// two of them from the functions that reduce four at once.
const FOURS: bool = false;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = group.x * LANES + lane;
  if (FOURS) {
    let sums = workgroup_sum4(vec4f(1.0, x[i], abs(x[i]), -x[i]), lane);
    y[i] = vec4f(sums.yz, workgroup_max4(vec4f(-x[i], x[i], 0.0, 0.0), lane).yx);
    return;
  }
  let sum = workgroup_sum(x[i], lane);
  let pair = workgroup_sum2(vec2f(x[i], abs(x[i])), lane);
  y[i] = vec4f(sum, pair, workgroup_max(x[i], lane));
}
