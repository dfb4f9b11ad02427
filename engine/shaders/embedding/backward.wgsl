// dtable[id] += the sum of dy over the positions that hold id, in order. dy (N, C) of T, dtable (V, C) of D; c counts
// T. links as in links.wgsl. An invocation owns columns lane, lane + LANES … of one head's row; a workgroup that
// does not stand at the head of a chain returns at once.
const LANES: u32 = 64;
alias T = f32;
alias D = f32;
alias F = f32;

struct Sizes { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> links: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read_write> dtable: array<D>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let head = group.x;
  let column = group.y * LANES + lane;
  if (links[head] < 0x80000000u || column >= sizes.c) { return; }
  var sum = F();
  for (var n = head; n < sizes.n; n = links[n] & 0x7fffffffu) { sum += F(dy[n * sizes.c + column]); }
  let o = ids[head] * sizes.c + column;
  dtable[o] = D(F(dtable[o]) + sum);
}
