// forward was y = x / ‖x‖, so now dx = (dy - y Σ y dy) / ‖x‖; where it was x / eps, dx = dy / eps. stats tell, see
// forward.wgsl. x (N, C) of T, dy of D, dx of S; c counts T. ADD: dx holds a gradient already and this one is added. Link
// what forward.wgsl links.
const STRETCH: u32 = 256;
const ADD: bool = false;
alias T = f32;
alias D = f32;
alias S = f32;

struct Sizes { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<D>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dx: array<S>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = row_of(group.x + group.y * groups.x, lane);
  let row = min(own, sizes.n - 1u);
  let step = step_of();
  let base = row * sizes.c;
  let end = base + sizes.c;
  let shrink = stats[row].x;
  let rate = abs(stats[row].y);
  var along = F();
  for (var start = base + first_of(lane); start < end; start += step * STRETCH) {
    var part = F();
    for (var i = start; i < min(start + step * STRETCH, end); i += step) { part += F(x[i]) * shrink * rate * F(dy[i]); }
    along += part;
  }
  var dot = sum2(vec2f(across(along), 0.0), lane).x;
  if (stats[row].y < 0.0) { dot = 0.0; }
  if (own >= sizes.n) { return; }
  for (var i = base + first_of(lane); i < end; i += step) {
    var d = (F(dy[i]) - F(x[i]) * shrink * rate * dot) * shrink * rate;
    if (ADD) { d += F(dx[i]); }
    dx[i] = S(d);
  }
}
