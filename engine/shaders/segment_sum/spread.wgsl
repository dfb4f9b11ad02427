// forward was y[n] = Σ x over the rows of segment n, or their mean, so now dx = dy of its segment for every row. dx (E, C)
// of T, dy (N, C) of S, of (E), offsets (N + 1); n and c count T. ADD: dx holds a gradient already. Link lib/elementwise.
const ADD: bool = false;
const MEAN: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read> segment: array<u32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let n = segment[i / sizes.c];
  var d = F(dy[n * sizes.c + i % sizes.c]);
  if (MEAN) { d /= f32(max(offsets[n + 1u] - offsets[n], 1u)); }
  if (ADD) { d += F(dx[i]); }
  dx[i] = T(d);
}
