// forward.wgsl for software adapters: an invocation owns a number of y and goes along the rows of its segment. Link
// ../max/key.wgsl.
const LANES: u32 = 16;
alias T = f32;

struct Sizes { segments: u32, edges: u32, c: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<storage, read_write> at: array<u32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let result = (group.x + group.y * groups.x) * LANES + lane;
  if (result >= sizes.segments * sizes.c) { return; }
  let n = result / sizes.c;
  let column = result % sizes.c;
  var most = 0u;
  var place = sizes.edges;
  var value = T();
  for (var e = offsets[n]; e < offsets[n + 1u]; e++) {
    let number = x[e * sizes.c + column];
    let own = key(f32(number));
    if (own > most) {
      most = own;
      place = e;
      value = number;
    }
  }
  at[result] = place;
  y[result] = value;
}
