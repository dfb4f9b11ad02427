// y[e, h] = Σ over the columns of head h of a[source[e]] b[target[e]]. a (M, C), b (N, C), source, target (E), y (E, H);
// c and `per`, the columns of a head, count Fs. An invocation owns a number of y, of n = E H. ADD: y holds a gradient
// already. Link lib/elementwise, and lib/scalar or lib/vector, for F.
const ADD: bool = false;
alias A = f32;
alias B = f32;
alias T = f32;

struct Sizes { n: u32, c: u32, per: u32 }
@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read> target_of: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let heads = sizes.c / sizes.per;
  let e = i / heads;
  let first = i % heads * sizes.per;
  let left = source[e] * sizes.c + first;
  let right = target_of[e] * sizes.c + first;
  var sum = F();
  for (var k = 0u; k < sizes.per; k++) { sum += F(a[left + k]) * F(b[right + k]); }
  var result = across(sum);
  if (ADD) { result += f32(y[i]); }
  y[i] = T(result);
}
