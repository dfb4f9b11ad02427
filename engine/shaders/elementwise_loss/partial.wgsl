// sums[k] = Σ (w loss(x, t), w) over the pairs that workgroup k strides over. x (N) of X, targets (N) of Y, weights of W,
// each for `span` pairs in a row: WEIGHTED, or all are 1. A pair of weight 0 counts for nothing, whatever it holds.
// In stretches, because long sums lose digits. Link lib/reduce.wgsl and what declares pair_loss.
const STRETCH: u32 = 64;
const WEIGHTED: bool = false;
alias X = f32;
alias Y = f32;
alias W = f32;

struct Sizes { n: u32, span: u32 }
@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> targets: array<Y>;
@group(0) @binding(2) var<storage, read> weights: array<W>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = sizes.n;
  let stride = groups.x * LANES;
  var own = vec2f();
  for (var i = group.x * LANES + lane; i < n;) {
    let stop = min(i + STRETCH * stride, n);
    var part = vec2f();
    for (; i < stop; i += stride) {
      var w = 1.0;
      if (WEIGHTED) { w = f32(weights[i / sizes.span]); }
      if (w != 0.0) { part += vec2f(w * pair_loss(f32(x[i]), f32(targets[i])), w); }
    }
    own += part;
  }
  let sum = workgroup_sum2(own, lane);
  if (lane == 0u) { sums[group.x] = sum; }
}
