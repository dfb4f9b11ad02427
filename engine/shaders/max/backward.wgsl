// forward was y = x at the place `at` of an axis, so now dx = dy there and 0 elsewhere. dx (O, N, inner) of T, N = size;
// dy of S and at (O, inner). ADD: dx holds a gradient already and this one is added. Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;

struct Sizes { n: u32, size: u32, inner: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read> at: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let row = i / sizes.inner;
  let result = row / sizes.size * sizes.inner + i % sizes.inner;
  var d = 0.0;
  if (at[result] == row % sizes.size) { d = f32(dy[result]); }
  if (ADD) { d += f32(dx[i]); }
  dx[i] = T(d);
}
