// How many tokens each expert has: counts[e] = how often e is among `pairs` ids. A workgroup owns an expert, which is
// number group.x. Ids past the last expert count as it. Link expert.wgsl.
const LANES: u32 = 64;

@group(0) @binding(1) var<storage, read_write> counts: array<u32>;

var<workgroup> partial: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var count = 0u;
  for (var i = lane; i < sizes.pairs; i += LANES) { count += u32(expert_of(i) == group.x); }
  partial[lane] = count;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var i = 1u; i < LANES; i++) { count += partial[i]; }
  counts[group.x] = count;
}
