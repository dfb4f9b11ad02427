// y = softmax of x over the rows of each segment, by head; zeros where no row takes part. x, y (E, H) of T, offsets
// (N + 1); h counts Ts, one head or four. A workgroup owns one T's heads of a segment: its lanes take turns along the rows.
// Link weight.wgsl, across_*.wgsl, lib/hidden.wgsl, lib/reduce*.wgsl.
const STRETCH: u32 = 64; // long sums lose digits
alias T = f32;

struct Sizes { segments: u32, h: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let id = group.x + group.y * groups.x;
  let n = id / sizes.h;
  if (n >= sizes.segments) { return; }
  let head = id % sizes.h;
  let begin = offsets[n];
  let end = offsets[n + 1u];
  var m = F(LOWEST);
  for (var e = begin + lane; e < end; e += LANES) { m = max(m, score(e * sizes.h + head)); }
  m = group_max(m, lane);
  var sum = F();
  for (var first = begin + lane; first < end; first += LANES * STRETCH) {
    var part = F();
    for (var e = first; e < min(first + LANES * STRETCH, end); e += LANES) {
      part += weight(score(e * sizes.h + head), m);
    }
    sum += part;
  }
  sum = group_sum(sum, lane);
  let inverse = select(F(1.0) / sum, F(0.0), sum == F(0.0));
  for (var e = begin + lane; e < end; e += LANES) {
    let i = e * sizes.h + head;
    y[i] = T(weight(score(i), m) * inverse);
  }
}
