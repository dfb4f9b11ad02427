// dxe = dy a leaky'(z): the gradient of the edges' own rows. dxe (E, C) of T, dy (E, H) of D; n and c count T. ADD: dxe
// holds a gradient already. Link lib/elementwise, before.wgsl, edge_given.wgsl.
const ADD: bool = false;
alias T = f32;
alias D = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, per: u32, slope: f32 }
@group(0) @binding(0) var<storage, read_write> y: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read> target_of: array<u32>;
@group(0) @binding(4) var<storage, read> dy: array<D>;

fn point(i: u32) {
  let e = i / sizes.c;
  let column = i % sizes.c;
  let z = before(source[e], target_of[e], e, column);
  var d = attend(column) * leaky_slope(z) * f32(dy[e * (sizes.c / sizes.per) + column / sizes.per]);
  if (ADD) { d += F(y[i]); }
  y[i] = T(d);
}
