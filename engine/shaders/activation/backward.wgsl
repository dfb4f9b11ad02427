// forward was y = f(x), so now dx = dy f'(x). x, dy, dx (N) of T; link lib/activation.wgsl for f'.
// ADD: dx holds a gradient already and this one is added. Link lib/elementwise.
const ADD: bool = false;
alias T = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read_write> dx: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var d = F(dy[i]) * activate_slope(F(x[i]));
  if (ADD) { d += F(dx[i]); }
  dx[i] = T(d);
}
