// forward was y[t] = Σ_j weight[c, j] x[t + j - (K - 1)], so now dx[t] = Σ_j weight[c, j] dy[t + (K - 1) - j], over the rows of its
// sequence. An invocation owns a number of dx (B, T, C) of D, of n; dy (B, T, C) of S. ADD: dx holds a gradient already. Link
// lib/elementwise.
const ADD: bool = false;
alias W = f32;
alias S = f32;
alias D = f32;

struct Sizes { n: u32, c: u32, time: u32, taps: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read> weight: array<W>;
@group(0) @binding(2) var<storage, read_write> dx: array<D>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let c = i % sizes.c;
  let t = i / sizes.c % sizes.time;
  var sum = 0.0;
  for (var j = 0u; j < sizes.taps; j++) {
    let later = sizes.taps - 1u - j;
    if (t + later < sizes.time) { sum += f32(weight[c * sizes.taps + j]) * f32(dy[i + later * sizes.c]); }
  }
  if (ADD) { sum += f32(dx[i]); }
  dx[i] = D(sum);
}
