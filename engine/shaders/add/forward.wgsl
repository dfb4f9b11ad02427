// y = a + b. a, y (N) of T; b (M) of B, M a divisor of N, repeats: BROADCAST where M < N.
// Link lib/elementwise.
const BROADCAST: bool = false;
alias B = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, m: u32 }
@group(0) @binding(0) var<storage, read> a: array<T>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var k = i;
  if (BROADCAST) { k = i % sizes.m; }
  y[i] = T(F(a[i]) + F(b[k]));
}
