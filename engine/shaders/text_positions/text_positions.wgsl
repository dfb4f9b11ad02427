// y[b, t] = first + t where t < lengths[b], else padding: rows of a table of positions. With back = 1, first is that of the last real
// token: first + t - (lengths[b] - 1). y (B, T); an invocation owns one, of n = B T.
const LANES: u32 = 64;

struct Sizes { n: u32, time: u32, first: u32, padding: u32, back: u32 }
@group(0) @binding(0) var<storage, read> lengths: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.n) { return; }
  let t = i % sizes.time;
  let length = lengths[i / sizes.time];
  y[i] = select(sizes.padding, sizes.first + t - sizes.back * (length - 1), t < length);
}
