// seed = share · scale: the gradient of the loss that a backward pass begins with. share (1), state (scale, clean), seed (1).
@group(0) @binding(0) var<storage, read> share: array<f32>;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> seed: array<f32>;

@compute @workgroup_size(1)
fn main() {
  seed[0] = share[0] * state[0];
}
