// As little as a dispatch can do with an input, an output and a uniform: y = factor · x for n ≤ 64 numbers.
struct Sizes { n: u32, factor: f32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32) {
  if (i < sizes.n) { y[i] = sizes.factor * x[i]; }
}
