// y = f(x), element by element. x, y (N) of T; link lib/activation.wgsl for f.
// Link lib/elementwise.
alias T = f32;

struct Sizes { n: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  y[i] = T(activate(F(x[i])));
}
