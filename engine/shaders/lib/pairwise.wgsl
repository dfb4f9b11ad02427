// y = combined(a, b), or y += that with ADD. a (N) of A, y (N) of T; b (M) of B, M a divisor of N, repeats: BROADCAST where
// M < N. Link lib/elementwise, and what declares fn combined(a: F, b: F) -> F.
const BROADCAST: bool = false;
const ADD: bool = false;
alias A = f32;
alias B = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, m: u32 }
@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var k = i;
  if (BROADCAST) { k = i % sizes.m; }
  var value = combined(F(a[i]), F(b[k]));
  if (ADD) { value += F(y[i]); }
  y[i] = T(value);
}
