// Test kernel, logits out of little memory: y[n, c] = (n + 1) x[c]; BACKWARD: x[c] = Σ_n (n + 1) y[n, c].
const BACKWARD: bool = false;

struct Sizes { n: u32, v: u32 }
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= sizes.v) { return; }
  var sum = 0.0;
  for (var n = 0u; n < sizes.n; n++) {
    if (BACKWARD) { sum += f32(n + 1u) * source[n * sizes.v + c]; }
    else { result[n * sizes.v + c] = f32(n + 1u) * source[c]; }
  }
  if (BACKWARD) { result[c] = sum; }
}
