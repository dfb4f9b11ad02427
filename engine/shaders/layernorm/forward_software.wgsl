// forward.wgsl for adapters that are a CPU, where a barrier costs as much as 15 loads and a load as much as 30
// multiply-adds: an invocation owns ROWS consecutive rows, a divisor of N, and shares nothing. x is read twice, weight
// and bias once for all its rows.
// Mean and squared deviations of 16 numbers at a time are taken in registers and merged, which is as safe as two
// passes. (Chan, Golub and LeVeque 1979: M2 = M2a + M2b + d² na nb / (na + nb).) Numbers count from the row's first, so that
// rows far from zero keep their digits. Rows whose squares overflow are gone through again, shrunk. Link row, scalar or
// vector.
const LANES: u32 = 16;
const ROWS: u32 = 4; // 1 or 4
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

// What row.wgsl tells of row `row`. Works lane by lane of F, then merges the lanes.
fn row_stats(row: u32) -> vec2f {
  let base = row * sizes.c;
  let whole = sizes.c & ~3u;
  var origin = 0.0;
  if (CENTER) { origin = lead(F(x[base])); }
  var stats = vec2f();
  var shrink = 1.0;
  for (var turn = 0u; turn < 2u; turn++) {
    let start = origin * shrink;
    var mean = F();
    var m2 = F();
    var seen = 0.0;
    for (var i = base; i < base + whole; i += 4u) {
      let a = F(x[i]) * shrink - start;
      let b = F(x[i + 1u]) * shrink - start;
      let c = F(x[i + 2u]) * shrink - start;
      let d = F(x[i + 3u]) * shrink - start;
      if (CENTER) {
        let m = ((a + b) + (c + d)) * 0.25;
        let delta = m - mean;
        let share = 4.0 / (seen + 4.0);
        mean += delta * share;
        m2 += (a - m) * (a - m) + (b - m) * (b - m) + (c - m) * (c - m) + (d - m) * (d - m)
          + delta * delta * (seen * share);
        seen += 4.0;
      } else {
        m2 += (a * a + b * b) + (c * c + d * d);
      }
    }
    for (var i = base + whole; i < base + sizes.c; i++) {
      let a = F(x[i]) * shrink - start;
      if (CENTER) {
        let delta = a - mean;
        let share = 1.0 / (seen + 1.0);
        mean += delta * share;
        m2 += delta * delta * (seen * share);
        seen += 1.0;
      } else {
        m2 += a * a;
      }
    }
    // Every lane of F has seen c numbers.
    let center = across(mean) * f32(sizes.c) / sizes.width;
    var squares = across(m2);
    if (CENTER) { squares += across((mean - center) * (mean - center)) * f32(sizes.c); }
    let rate = inverseSqrt(squares / sizes.width + sizes.eps * shrink);
    stats = vec2f(origin + center / shrink, select(rate, -rate, turn > 0u));
    if (bitcast<u32>(squares) < LARGE) { break; }
    shrink = SHRINK;
  }
  return stats;
}

fn normalise(i: u32, row: u32, r: vec3f, w: F, b: F) {
  let o = row * sizes.c + i;
  y[o] = T(normal(F(x[o]), r) * w + b);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let r0 = ((group.x + group.y * groups.x) * LANES + lane) * ROWS;
  if (r0 >= sizes.n) { return; }
  var s0 = vec3f();
  var s1 = vec3f();
  var s2 = vec3f();
  var s3 = vec3f();
  for (var r = 0u; r < ROWS; r++) {
    let told = row_stats(r0 + r);
    stats[r0 + r] = told;
    let s = row_of(told);
    s0 = select(s0, s, r == 0u);
    s1 = select(s1, s, r == 1u);
    s2 = select(s2, s, r == 2u);
    s3 = select(s3, s, r == 3u);
  }
  for (var i = 0u; i < sizes.c; i++) {
    let w = F(weight[i]);
    var b = F();
    if (BIAS) { b = F(bias[i]); }
    normalise(i, r0, s0, w, b);
    if (ROWS == 4u) {
      normalise(i, r0 + 1u, s1, w, b);
      normalise(i, r0 + 2u, s2, w, b);
      normalise(i, r0 + 3u, s3, w, b);
    }
  }
}
