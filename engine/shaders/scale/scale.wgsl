// y = factor x, or y += factor x with ADD. x (N) of S, y (N) of T.
// Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var value = F(x[i]) * sizes.factor;
  if (ADD) { value += F(y[i]); }
  y[i] = T(value);
}
