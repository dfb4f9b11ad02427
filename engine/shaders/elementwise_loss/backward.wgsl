// forward was loss = Σ w loss(x, t) / Σ w, so now dx = dloss inverse w slope(x, t), and 0 where w is. x, targets and
// weights as in partial.wgsl, dx (N) of T. ADD: dx holds a gradient already and this one is added. Link lib/elementwise
// and what declares pair_slope.
const ADD: bool = false;
const WEIGHTED: bool = false;
alias X = f32;
alias Y = f32;
alias W = f32;
alias T = f32;

struct Sizes { n: u32, span: u32 }
@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> targets: array<Y>;
@group(0) @binding(2) var<storage, read> weights: array<W>;
@group(0) @binding(3) var<storage, read> inverse: array<f32>;
@group(0) @binding(4) var<storage, read> dloss: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<T>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

fn point(i: u32) {
  var w = 1.0;
  if (WEIGHTED) { w = f32(weights[i / sizes.span]); }
  var d = 0.0;
  if (w != 0.0) { d = dloss[0] * inverse[0] * w * pair_slope(f32(x[i]), f32(targets[i])); }
  if (ADD) { d += f32(dx[i]); }
  dx[i] = T(d);
}
