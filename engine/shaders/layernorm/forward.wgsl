// y = (x - mean) rstd weight + bias over rows of C numbers, rstd = 1 / √(variance + eps).
// CENTER false is RMSNorm: mean 0, so the variance is the mean square. BIAS false adds none.
// x, y (N, C) of T, weight, bias (C) of W, stats (N, 2) = mean and rstd, for backward. c counts T, where width is
// the numbers in a row. Variance is the mean of (x - mean)², never E[x²] - mean², which cancels.
// A workgroup of LANES owns a row; its lanes read neighbours. Link scalar or vector, and reduce.
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
  var mean = 0.0;
  if (CENTER) {
    var sum = F();
    for (var i = lane; i < sizes.c; i += LANES) { sum += F(x[base + i]); }
    mean = workgroup_sum(across(sum), lane) / sizes.width;
  }
  // What the rounded mean left over is taken out too, so that rows far from zero keep their precision.
  var rest = F();
  var squares = F();
  for (var i = lane; i < sizes.c; i += LANES) {
    let d = F(x[base + i]) - mean;
    if (CENTER) { rest += d; }
    squares += d * d;
  }
  let moments = workgroup_sum2(vec2f(across(rest), across(squares)), lane) / sizes.width;
  mean += moments.x;
  let rstd = inverseSqrt(max(moments.y - moments.x * moments.x, 0.0) + sizes.eps);
  if (own >= sizes.n) { return; }
  if (lane == 0u) { stats[row] = vec2f(mean, rstd); }
  for (var i = lane; i < sizes.c; i += LANES) {
    var value = (F(x[base + i]) - mean) * rstd * F(weight[i]);
    if (BIAS) { value += F(bias[i]); }
    y[base + i] = T(value);
  }
}
