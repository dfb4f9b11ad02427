// y[b] = the run's `length`, of `rows` at most; all where it is 0. y (B); an invocation owns one, of n = B. Link graph/step.wgsl and
// lib/elementwise.

struct Sizes { n: u32, rows: u32 }
@group(0) @binding(0) var<storage, read_write> y: array<u32>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

fn point(i: u32) {
  y[i] = select(min(now.length, sizes.rows), sizes.rows, now.length == 0u);
}
