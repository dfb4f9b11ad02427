// How much each class counts, class_weights (V). Clamped, so that lanes past the end and rows without a target may ask, too.
const WEIGHTED: bool = true;
@group(0) @binding(7) var<storage, read> class_weights: array<f32>;

fn class_weight(c: u32) -> f32 {
  return class_weights[min(c, sizes.v - 1u)];
}
