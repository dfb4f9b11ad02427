// forward.wgsl for software adapters: an invocation owns a number of y and goes along the axis. Link key.wgsl.
const LANES: u32 = 16;
alias T = f32;

struct Sizes { n: u32, size: u32, inner: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read_write> at: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let result = (group.x + group.y * groups.x) * LANES + lane;
  if (result >= sizes.n) { return; }
  let inner = sizes.inner;
  let base = result / inner * sizes.size * inner + result % inner;
  var most = 0u;
  var place = 0u;
  for (var k = 0u; k < sizes.size; k++) {
    let own = key(f32(x[base + k * inner]));
    if (own > most) {
      most = own;
      place = k;
    }
  }
  at[result] = place;
  y[result] = x[base + place * inner];
}
