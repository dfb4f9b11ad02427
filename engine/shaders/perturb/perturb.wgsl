// Moves weights along their gradient by a step of length ε:  p ← p + ε d / ‖d‖,  or not at all where the norm is 0 or -1, which
// says that the gradient is not finite. All f32, (N) of T; each invocation owns PER elements of T. Link lib/elementwise.
alias T = f32;

struct Sizes { n: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read_write> weights: array<T>;
@group(0) @binding(1) var<storage, read> gradients: array<T>;
@group(0) @binding(2) var<storage, read> norm: array<f32>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  if (norm[0] <= 0.0) { return; }
  weights[i] += sizes.epsilon / norm[0] * gradients[i];
}
