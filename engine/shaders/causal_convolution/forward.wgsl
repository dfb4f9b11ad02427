// y[t] = Σ_j weight[c, j] x[t + j - (K - 1)] for each channel c, over the inputs of its sequence. An invocation owns a number of y, of
// n = B T C. x, y (B, T, C), weight (C, K) of W. Link lib/elementwise, and earlier_none.wgsl or earlier_held.wgsl for what stood
// before row 0.
alias T = f32;
alias W = f32;

struct Sizes { n: u32, c: u32, time: u32, taps: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> weight: array<W>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let c = i % sizes.c;
  let line = i / sizes.c;
  let t = line % sizes.time;
  var sum = 0.0;
  for (var j = 0u; j < sizes.taps; j++) {
    let w = f32(weight[c * sizes.taps + j]);
    let back = sizes.taps - 1u - j;
    if (t >= back) {
      sum += w * f32(x[i - back * sizes.c]);
    } else {
      sum += w * earlier(line / sizes.time, t + j, c);
    }
  }
  y[i] = T(sum);
}
