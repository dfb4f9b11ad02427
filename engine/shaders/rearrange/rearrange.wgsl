// Moves boxes of numbers: y[a, b, i] = x[a, b, i] for i < c, where index (a, b, i) stands at y_start + a·ya + b·yb + i
// in y and at x_start + a·xa + b·xb + i - first in x. Outside first ≤ i < last there is no x, and y gets 0; ADD adds to
// what is there. x of S, y of T, all sizes counted in them; n = a·b·c is the number of elements written.
// An invocation owns PER (1, 2 or 4) consecutive elements. Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes {
  n: u32, b: u32, c: u32, first: u32, last: u32,
  xa: u32, xb: u32, x_start: u32,
  ya: u32, yb: u32, y_start: u32,
}
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(e: u32) {
  let i = e % sizes.c;
  let row = e / sizes.c;
  let b = row % sizes.b;
  let a = row / sizes.b;
  let to = sizes.y_start + a * sizes.ya + b * sizes.yb + i;
  var value = F();
  if (i >= sizes.first && i < sizes.last) {
    value = F(x[sizes.x_start + a * sizes.xa + b * sizes.xb + i - sizes.first]);
  }
  if (ADD) { value += F(y[to]); }
  y[to] = T(value);
}
