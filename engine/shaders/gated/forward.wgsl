// y = f(gate) up, x (N, 2W) being gate (N, W) beside up (N, W). y (N, W), all of T; w counts T.
// Link lib/activation.wgsl for f. Link lib/elementwise.
alias T = f32;

struct Sizes { n: u32, w: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let gate = i + i / sizes.w * sizes.w; // row 2W + column
  y[i] = T(activate(F(x[gate])) * F(x[gate + sizes.w]));
}
