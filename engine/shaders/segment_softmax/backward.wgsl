// dx = y (dy - Σ y dy), the sum over the rows of the segment, by head. y, dy, dx (E, H) of T, D and S, offsets (N + 1); h
// counts Ts. A workgroup owns one T's heads of a segment. ADD: dx holds a gradient already. Link across_*.wgsl,
// lib/reduce*.wgsl.
const ADD: bool = false;
const STRETCH: u32 = 64; // long sums lose digits
alias T = f32;
alias D = f32;
alias S = f32;

struct Sizes { segments: u32, h: u32 }
@group(0) @binding(0) var<storage, read> y: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<D>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<S>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

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
  var sum = F();
  for (var first = begin + lane; first < end; first += LANES * STRETCH) {
    var part = F();
    for (var e = first; e < min(first + LANES * STRETCH, end); e += LANES) {
      let i = e * sizes.h + head;
      part += F(y[i]) * F(dy[i]);
    }
    sum += part;
  }
  sum = group_sum(sum, lane);
  for (var e = begin + lane; e < end; e += LANES) {
    let i = e * sizes.h + head;
    var d = F(y[i]) * (F(dy[i]) - sum);
    if (ADD) { d += F(dx[i]); }
    dx[i] = S(d);
  }
}
