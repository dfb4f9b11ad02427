// forward was y[b] = x[b, length_of(b) - 1]: dx (B, T, C) of S gets dy (B, C) of T in that row and 0 in others. An invocation owns
// one element of dx, of n = B T C. ADD: adds to what is there. Link length_shared.wgsl or length_own.wgsl, and lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, time: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read_write> dx: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let b = i / sizes.c / sizes.time;
  let row = clamp(length_of(b), 1u, sizes.time) - 1u;
  var d = F(0.0);
  if (i / sizes.c % sizes.time == row) { d = F(dy[b * sizes.c + i % sizes.c]); }
  if (ADD) { d += F(dx[i]); }
  dx[i] = T(d);
}
