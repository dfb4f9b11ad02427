// Makes tokens that were there before less likely, in place: logits (N, V) of T, ids (N, M) different in each row and ended
// by NONE, counts (N, M) how often each was made, penalties (3): repetition, presence, frequency. An invocation owns an id.
const LANES: u32 = 64;
const NONE: u32 = 0xffffffff;
alias T = f32;

struct Sizes { n: u32, v: u32, first: u32, m: u32 } // row `first` + n of all is row n of the logits
@group(0) @binding(0) var<storage, read_write> logits: array<T>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;
@group(0) @binding(3) var<storage, read> penalties: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = (group.x + group.y * groups.x) * LANES + lane;
  if (own >= sizes.n * sizes.m) { return; }
  let i = sizes.first * sizes.m + own;
  let id = ids[i];
  if (id >= sizes.v) { return; }
  let at = own / sizes.m * sizes.v + id;
  let x = f32(logits[at]);
  let made = f32(counts[i]);
  let repeated = select(x / penalties[0], x * penalties[0], x < 0.0);
  logits[at] = T(repeated - (penalties[2] * made + select(0.0, penalties[1], made > 0.0)));
}
