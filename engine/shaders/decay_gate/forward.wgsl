// y = -e^rate softplus(x + bias): the logarithm of what is left of a state. x, y (…, N), rate and bias (N) repeat. Link softplus.wgsl
// and lib/elementwise.
alias T = f32;
alias R = f32;
alias B = f32;

struct Sizes { n: u32, heads: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> rates: array<R>;
@group(0) @binding(2) var<storage, read> biases: array<B>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let head = i % sizes.heads;
  y[i] = -exp(f32(rates[head])) * softplus(f32(x[i]) + f32(biases[head]));
}
