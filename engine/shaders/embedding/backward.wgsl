// dtable[id - first] += the sum of dy over the positions that hold id, in order, for the `rows` ids from `first` on. dy
// (N, C) of T, dtable (rows, C) of D; c counts T. links as in links.wgsl. An invocation owns columns lane, lane + LANES … of one head's row; a workgroup that
// does not stand at the head of a chain returns at once.
const LANES: u32 = 64;
alias T = f32;
alias D = f32;
alias F = f32;
const STRETCH: u32 = 64;

struct Sizes { n: u32, c: u32, first: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> links: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<T>;
@group(0) @binding(3) var<storage, read_write> dtable: array<D>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let head = group.x + group.y * groups.x;
  let column = group.z * LANES + lane;
  if (head >= sizes.n || column >= sizes.c) { return; }
  if (links[head] < 0x80000000u) { return; }
  let row = ids[head] - sizes.first; // wraps around below `first`, to no row
  if (row >= sizes.rows) { return; }
  // Sums of sums of sums, because long ones lose digits.
  var sum = F();
  for (var n = head; n < sizes.n;) {
    var part = F();
    for (var turn = 0u; turn < STRETCH && n < sizes.n; turn++) {
      var own = F();
      for (var i = 0u; i < STRETCH && n < sizes.n; i++) {
        own += F(dy[n * sizes.c + column]);
        n = links[n] & 0x7fffffffu;
      }
      part += own;
    }
    sum += part;
  }
  let o = row * sizes.c + column;
  dtable[o] = D(F(dtable[o]) + sum);
}
