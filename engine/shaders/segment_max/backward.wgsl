// forward was y[n] = x in row at[n], so now dx = dy of its segment there and 0 elsewhere. dx (E, C) of T, dy of S and at
// (N, C), segment (E). ADD: dx holds a gradient already and this one is added. Link lib/elementwise.
const ADD: bool = false;
alias S = f32;
alias T = f32;

struct Sizes { n: u32, c: u32 }
@group(0) @binding(0) var<storage, read> dy: array<S>;
@group(0) @binding(1) var<storage, read> at: array<u32>;
@group(0) @binding(2) var<storage, read> segment: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<T>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let e = i / sizes.c;
  let result = segment[e] * sizes.c + i % sizes.c;
  var d = 0.0;
  if (at[result] == e) { d = f32(dy[result]); }
  if (ADD) { d += f32(dx[i]); }
  dx[i] = T(d);
}
