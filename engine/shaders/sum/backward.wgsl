// forward was y = factor Σ x over an axis, so now dx = factor dy for every number of the axis. dx (O, N, inner) of T,
// span = N inner; dy (O, inner) of S. n, inner and span count T; where the axis is the last, dy has one number for it, P.
// ADD: dx holds a gradient already and this one is added. Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias P = f32; // S, to compute with: F, or f32 where a number of dy serves four of dx
alias T = f32;
alias F = f32;

struct Sizes { n: u32, span: u32, inner: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read_write> dx: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var d = F(P(dy[i / sizes.span * sizes.inner + i % sizes.inner])) * sizes.factor;
  if (ADD) { d += F(dx[i]); }
  dx[i] = T(d);
}
