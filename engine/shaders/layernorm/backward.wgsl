// With h = (x - mean) rstd and e = dy weight: dx = rstd (e - mean(e) - h mean(e h)), means over the row.
// CENTER false is RMSNorm, where mean(e) falls away. ADD adds to what is there.
// x, dy of T, weight (C) of W, stats (N, 2), dx (N, C) of D. c counts T. A workgroup of LANES owns a row. Link row, scalar or
// vector, and reduce.
const CENTER: bool = true;
const ADD: bool = false;
alias T = f32;
alias W = f32;
alias D = f32;

struct Sizes { n: u32, c: u32, width: f32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read> weight: array<W>;
@group(0) @binding(3) var<storage, read> stats: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dx: array<D>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = group.x + group.y * groups.x;
  let row = min(own, sizes.n - 1u);
  let base = row * sizes.c;
  let r = row_of(stats[row]);
  var sum = F();
  var dot = F();
  for (var i = lane; i < sizes.c; i += LANES) {
    let e = F(dy[base + i]) * F(weight[i]);
    if (CENTER) { sum += e; }
    dot += e * normal(F(x[base + i]), r);
  }
  let means = workgroup_sum2(vec2f(across(sum), across(dot)), lane) / sizes.width;
  if (own >= sizes.n) { return; }
  for (var i = lane; i < sizes.c; i += LANES) {
    let e = F(dy[base + i]) * F(weight[i]);
    let h = normal(F(x[base + i]), r);
    var d = r.x * (r.z * (e - means.x - h * means.y));
    if (ADD) { d += F(dx[base + i]); }
    dx[base + i] = D(d);
  }
}
