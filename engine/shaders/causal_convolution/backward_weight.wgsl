// forward was y[t] = Σ_j weight[c, j] x[t + j - (K - 1)], so now dweight[c, j] = Σ dy[t] x[t + j - (K - 1)] over the rows of all
// sequences, in blocks of `rows` of them that are added afterwards: partial (blocks, C, K). An invocation owns a number of it, of
// n = blocks · C · K; x, dy (lines, C) of T and S. Link lib/elementwise.
alias T = f32;
alias S = f32;

struct Sizes { n: u32, c: u32, time: u32, taps: u32, lines: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<S>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let back = sizes.taps - 1u - i % sizes.taps;
  let c = i / sizes.taps % sizes.c;
  let begin = i / (sizes.taps * sizes.c) * sizes.rows;
  let end = min(begin + sizes.rows, sizes.lines);
  var sum = 0.0;
  for (var line = begin; line < end; line++) {
    if (line % sizes.time >= back) { sum += f32(dy[line * sizes.c + c]) * f32(x[(line - back) * sizes.c + c]); }
  }
  partial[i] = sum;
}
