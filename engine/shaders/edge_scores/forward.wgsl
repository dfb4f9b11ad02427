// y[e, h] = Σ over the columns of head h of a leaky(z), z being what before.wgsl says. y (E, H) of T; c and `per`, the
// columns of a head, count Fs. An invocation owns a number of y, of n = E H. Link lib/elementwise, before.wgsl, and
// lib/scalar or lib/vector.
alias T = f32;

struct Sizes { n: u32, c: u32, per: u32, slope: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read> target_of: array<u32>;

fn point(i: u32) {
  let heads = sizes.c / sizes.per;
  let e = i / heads;
  let first = i % heads * sizes.per;
  var sum = F();
  for (var column = first; column < first + sizes.per; column++) {
    sum += attend(column) * leaky(before(source[e], target_of[e], e, column));
  }
  y[i] = T(across(sum));
}
