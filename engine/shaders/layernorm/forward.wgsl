// y = (x - mean) rstd weight + bias over rows of C numbers, rstd = 1 / √(variance + eps).
// CENTER false is RMSNorm: mean 0, so the variance is the mean square. BIAS false adds none.
// x, y (N, C) of T, weight, bias (C) of W, stats (N, 2) = mean and rstd, for backward. c counts T, where width is
// the numbers in a row. Variance is the mean of (x - mean)², never E[x²] - mean², which cancels.
// Nothing overflows: sums are of numbers times UNIT, squares are summed up of numbers times SHRINK, too, see row.wgsl.
// A workgroup of LANES owns a row; its lanes read neighbours. Link row, scalar or vector, and reduce.
const UNIT: f32 = 9.5367431640625e-7; // 2^-20, exact: rows have fewer numbers than 2^20
const CENTER: bool = true;
const BIAS: bool = true;
alias T = f32;
alias W = f32;

struct Sizes { n: u32, c: u32, width: f32, eps: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> weight: array<W>;
@group(0) @binding(2) var<storage, read> bias: array<W>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // A surplus group of a folded grid repeats the last row without storing it: barriers want everybody.
  let own = group.x + group.y * groups.x;
  let row = min(own, sizes.n - 1u);
  let base = row * sizes.c;
  // Halves of the numbers, counted from the row's first: rows far from zero keep their digits.
  var origin = 0.0;
  var mean = 0.0;
  if (CENTER) {
    origin = lead(F(x[base])) * 0.5;
    var sum = F();
    for (var i = lane; i < sizes.c; i += LANES) { sum += (F(x[base + i]) * 0.5 - origin) * UNIT; }
    mean = workgroup_sum(across(sum), lane) / (sizes.width * UNIT);
  }
  // What the rounded mean left over is taken out of it: the first number may stand far from the others.
  var rest = F();
  var squares = F();
  var shrunk = F();
  for (var i = lane; i < sizes.c; i += LANES) {
    let d = (F(x[base + i]) * 0.5 - origin) - mean;
    if (CENTER) { rest += d * UNIT; }
    squares += d * d;
    let small = d * SHRINK;
    shrunk += small * small;
  }
  let sums = workgroup_sum4(vec4f(across(rest), across(squares), across(shrunk), 0.0), lane) / sizes.width;
  var s = vec2f(2.0 * (origin + (mean + sums.x / UNIT)), inverseSqrt(4.0 * sums.y + sizes.eps));
  if (bitcast<u32>(sums.y) >= LARGE) { s.y = -inverseSqrt(4.0 * sums.z); }
  if (own >= sizes.n) { return; }
  if (lane == 0u) { stats[row] = s; }
  let r = row_of(s);
  for (var i = lane; i < sizes.c; i += LANES) {
    var value = normal(F(x[base + i]), r) * F(weight[i]);
    if (BIAS) { value += F(bias[i]); }
    y[base + i] = T(value);
  }
}
