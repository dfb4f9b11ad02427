// out = n / z has dn = dout / z and dz = -Σ out dout / z. out, dout (N, E), inverse (N) = 1 / z -> ratio (N) = 1 / z and dz,
// for N = B T H. An invocation owns a row.
const LANES: u32 = 64;
alias Y = f32;

struct RatioSizes { n: u32, width: u32 }
@group(0) @binding(0) var<storage, read> out: array<Y>;
@group(0) @binding(1) var<storage, read> dout: array<Y>;
@group(0) @binding(2) var<storage, read> inverse: array<f32>;
@group(0) @binding(3) var<storage, read_write> ratio: array<vec2f>;
@group(0) @binding(4) var<uniform> sizes: RatioSizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  var sum = 0.0;
  for (var i = row * sizes.width; i < (row + 1u) * sizes.width; i++) { sum += f32(out[i]) * f32(dout[i]); }
  ratio[row] = vec2f(inverse[row], -sum * inverse[row]);
}
