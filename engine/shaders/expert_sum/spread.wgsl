// forward was y[t] = Σ weights[p] x[row of p] over the pairs p of token t, so now dx = weights[p] dy[t] for the row of pair p, and 0 for
// rows without one. dx (R, C) of T, dy (T, C) of S, weights (T · CHOICES) of W, pair_of (R); n and c count T. ADD: dx holds a gradient
// already. Link lib/elementwise.
const CHOICES: u32 = 1;
const ADD: bool = false;
alias S = f32;
alias W = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read> weights: array<W>;
@group(0) @binding(2) var<storage, read> pair_of: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let pair = pair_of[i / sizes.c];
  var d = F();
  if (pair != 0xffffffffu) { d = f32(weights[pair]) * F(dy[pair / CHOICES * sizes.c + i % sizes.c]); }
  if (ADD) { d += F(dx[i]); }
  dx[i] = T(d);
}
