// Hides tokens from what chooses among logits (N, V), and puts them back: with HIDE, saved (N, M) takes the logits of
// bans (N, M) and the lowest number their place; without, saved goes back. Bans end at the first NONE; a row's are
// different ids, so each number has one owner. An invocation owns a ban.
const LANES: u32 = 64;
const HIDE: bool = true;
const NONE: u32 = 0xffffffff;
alias T = f32;

struct Sizes { n: u32, v: u32, first: u32, m: u32, lowest: f32 } // row `first` + n of all is row n of the logits
@group(0) @binding(0) var<storage, read_write> logits: array<T>;
@group(0) @binding(1) var<storage, read_write> saved: array<T>;
@group(0) @binding(2) var<storage, read> bans: array<u32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = (group.x + group.y * groups.x) * LANES + lane;
  if (own >= sizes.n * sizes.m) { return; }
  let i = sizes.first * sizes.m + own;
  let id = bans[i];
  if (id >= sizes.v) { return; }
  let at = own / sizes.m * sizes.v + id;
  if (HIDE) {
    saved[i] = logits[at];
    logits[at] = T(sizes.lowest);
  } else {
    logits[at] = saved[i];
  }
}
