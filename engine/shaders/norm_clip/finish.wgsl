// norm = √Σ partials and scale = min(1, clip / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_; y = (norm, scale).
// A partial below 0 tells of a blown-up gradient: then y = (-1, 0), and stays so in later runs until the host clears it.
// partials (N); one workgroup, link lib/reduce.wgsl.
struct Sizes { n: u32, clip: f32 }
@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec2f();
  for (var i = lane; i < sizes.n; i += LANES) {
    let sum = partials[i];
    own += select(vec2f(sum, 0.0), vec2f(0.0, 1.0), sum < 0.0);
  }
  let joined = workgroup_sum2(own, lane);
  if (lane > 0u) { return; }
  let norm = sqrt(joined.x);
  let scale = min(1.0, sizes.clip / (norm + 1e-6));
  let blown = joined.y > 0.0 || y[0] == -1.0;
  y[0] = select(norm, -1.0, blown);
  y[1] = select(scale, 0.0, blown);
}
