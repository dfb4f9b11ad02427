// Two axes change places: x (P, I, Q, J, R) -> y (P, J, Q, I, R). x of S, y of T; r and n, the numbers of y, count T.
// ADD: y holds a gradient already and this is added. An invocation owns PER elements of y. Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, i: u32, q: u32, j: u32, r: u32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(e: u32) {
  var rest = e / sizes.r;
  let i = rest % sizes.i;
  rest /= sizes.i;
  let q = rest % sizes.q;
  rest /= sizes.q;
  let j = rest % sizes.j;
  let p = rest / sizes.j;
  var value = F(x[(((p * sizes.i + i) * sizes.q + q) * sizes.j + j) * sizes.r + e % sizes.r]);
  if (ADD) { value += F(y[e]); }
  y[e] = T(value);
}
