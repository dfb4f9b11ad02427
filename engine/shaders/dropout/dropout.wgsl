// y = x mask, the mask being `kept` = 1 / (1 - p) where a random word reaches `threshold` = p 2³² and 0 elsewhere.
// Backward is the same kernel on dy: it draws the same mask. ADD adds to what is there.
// x (N) of S, y (N) of T; link graph/step, lib/random, and scalar or vector.
// Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;

struct Sizes { n: u32, stream: u32, threshold: u32, kept: f32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var value = F(x[i]) * mask(i, sizes.stream, sizes.threshold, sizes.kept);
  if (ADD) { value += F(y[i]); }
  y[i] = T(value);
}
