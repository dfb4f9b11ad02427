// y = x / max(‖x‖, eps) over rows of C numbers, ‖x‖ = √Σ x². Nothing overflows: squares are summed up of numbers times
// SHRINK, too, and that sum serves where the other is LARGE. stats (N, 2) = what to shrink x by and then multiply it by,
// for backward; the second is below 0 where eps is what divides.
// x, y (N, C) of T; c counts T. Sums go on in stretches, because long ones lose digits. Link lib/scalar or lib/vector, and
// lib/walk_group with lib/reduce, or lib/walk_alone.
const SHRINK: f32 = 8.271806125530277e-25; // 2^-80
const LARGE: u32 = 0x71800000; // bits of 2^100; those of NaN are above, too
const STRETCH: u32 = 256;
alias T = f32;

struct Sizes { n: u32, c: u32, eps: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = row_of(group.x + group.y * groups.x, lane);
  // A surplus row repeats the last without storing it: barriers want everybody.
  let row = min(own, sizes.n - 1u);
  let step = step_of();
  let base = row * sizes.c;
  let end = base + sizes.c;
  var squares = F();
  var shrunk = F();
  for (var start = base + first_of(lane); start < end; start += step * STRETCH) {
    var part = F();
    var small = F();
    for (var i = start; i < min(start + step * STRETCH, end); i += step) {
      let v = F(x[i]);
      part += v * v;
      small += (v * SHRINK) * (v * SHRINK);
    }
    squares += part;
    shrunk += small;
  }
  let sums = sum2(vec2f(across(squares), across(shrunk)), lane);
  // Compared by their bits, which NaN passes as the largest.
  var told = vec2f(1.0, inverseSqrt(sums.x));
  if (bitcast<u32>(sums.x) >= LARGE) {
    told = vec2f(SHRINK, inverseSqrt(sums.y));
  } else if (bitcast<u32>(sqrt(sums.x)) <= bitcast<u32>(sizes.eps)) {
    told = vec2f(1.0, -1.0 / sizes.eps);
  }
  if (own >= sizes.n) { return; }
  if (first_of(lane) == 0u) { stats[row] = told; }
  for (var i = base + first_of(lane); i < end; i += step) { y[i] = T(F(x[i]) * told.x * abs(told.y)); }
}
