// forward was y = -e^rate softplus(x + bias), so now dx = dy · -e^rate sigmoid(x + bias), which is the bias's term, too, and the
// rate's term is dy y. x (…, N) of T, dy (…, N); rates, biases (N). Link softplus.wgsl and lib/elementwise.
alias T = f32;
alias R = f32;
alias B = f32;

struct Sizes { n: u32, heads: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> rates: array<R>;
@group(0) @binding(2) var<storage, read> biases: array<B>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> drates: array<f32>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let head = i % sizes.heads;
  let z = f32(x[i]) + f32(biases[head]);
  let d = -dy[i] * exp(f32(rates[head]));
  let u = exp(-abs(z));
  dx[i] = d * select(u, 1.0, z >= 0.0) / (1.0 + u);
  drates[i] = d * softplus(z);
}
