// Weights of the experts of a token: e^log of each probability, or that over their sum. logs, weights (N, count).
// An invocation owns one weight, of n. A row whose logits were not finite has logs of 3e38, and weights that are not finite.
// Link lib/elementwise.
const NORMALIZE: bool = false;

struct Sizes { n: u32, count: u32 }
@group(0) @binding(0) var<storage, read> logs: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let first = i / sizes.count * sizes.count;
  let best = logs[first];
  if (best > 1e38) {
    weights[i] = best * best;
    return;
  }
  if (!NORMALIZE) {
    weights[i] = exp(logs[i]);
    return;
  }
  var sum = 0.0;
  for (var j = 0u; j < sizes.count; j++) { sum += exp(logs[first + j] - best); }
  weights[i] = exp(logs[i] - best) / sum;
}
