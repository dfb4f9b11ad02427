// Products of query rows with the keys of their chunk, in place: zeros where a key comes later than the query.
// products (·, chunk, chunk). An invocation owns a number.
const LANES: u32 = 64;

struct MaskSizes { n: u32, chunk: u32 }
@group(0) @binding(0) var<storage, read_write> products: array<f32>;
@group(0) @binding(1) var<uniform> sizes: MaskSizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i < sizes.n && i % sizes.chunk > i / sizes.chunk % sizes.chunk) { products[i] = 0.0; }
}
