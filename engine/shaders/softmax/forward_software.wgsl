// forward.wgsl for software adapters: an invocation owns a row and goes along it three times, because there a barrier
// costs as much as ten loads. Same bindings. What is summed up goes on in stretches, because long sums lose digits.
const LANES: u32 = 16;
const STRETCH: u32 = 256;
const MASK: bool = false;
alias T = f32;

struct Sizes { n: u32, c: u32, mask_rows: u32, span: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn score(row: u32, i: u32) -> f32 {
  if (MASK) {
    if (mask[row % sizes.mask_rows * sizes.c + i] == 0u) { return LOWEST; }
  }
  let number = f32(x[row * sizes.c + i]);
  return select(number * sizes.scale, LOWEST, number <= LEAST);
}
fn weight(s: f32, m: f32) -> f32 { return select(exp(s - m), 0.0, s <= LOWEST); }

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  let end = min(sizes.c, lengths[row / sizes.span]);
  var m = LOWEST;
  for (var i = 0u; i < end; i++) { m = max(m, score(row, i)); }
  var sum = 0.0;
  for (var first = 0u; first < end; first += STRETCH) {
    var part = 0.0;
    for (var i = first; i < min(first + STRETCH, end); i++) { part += weight(score(row, i), m); }
    sum += part;
  }
  let inverse = select(1.0 / sum, 0.0, sum == 0.0);
  for (var i = 0u; i < sizes.c; i++) {
    var p = 0.0;
    if (i < end) { p = weight(score(row, i), m) * inverse; }
    y[row * sizes.c + i] = T(p);
  }
}
