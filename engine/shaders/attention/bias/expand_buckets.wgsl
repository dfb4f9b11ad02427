// y[h, n] = table[buckets[n], h]: a bias by buckets of distance (T5; Raffel et al. 2020) spread over all distances, so
// that the attention kernels find it by one load. Row H holds the buckets' own numbers, exact as floats, so that the
// kernel of the gradient needs no buffer besides. table (buckets, H), buckets (N), y (H + 1, N). One number a lane.
// Link lib/hidden.wgsl.
const LANES: u32 = 64;
alias T = f32;

struct Sizes { heads: u32, distances: u32 }
@group(0) @binding(0) var<storage, read> table: array<T>;
@group(0) @binding(1) var<storage, read> buckets: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  let h = e / sizes.distances;
  if (h > sizes.heads) { return; }
  let bucket = buckets[e % sizes.distances];
  if (h == sizes.heads) {
    y[e] = f32(bucket);
  } else {
    let number = f32(table[bucket * sizes.heads + h]);
    y[e] = select(number, LOWEST, number <= LEAST);
  }
}
