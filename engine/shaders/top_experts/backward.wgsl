// forward was w_j = p_j of the chosen experts j, p = softmax(logits), so now dlogits_e = p_e (dw_e - Σ w_j dw_j), dw_e of the
// chosen alone; with NORMALIZE the softmax is over the chosen, and the others get 0. p_e is e^(logit_e - logit_best) p_best.
// logits, dlogits (N, E); ids, logs, weights, dweights (N, count). An invocation owns one of n = N E. ADD: adds to what is
// there. Link lib/elementwise.
const NORMALIZE: bool = false;
const ADD: bool = false;
alias T = f32;
alias D = f32;

struct Sizes { n: u32, experts: u32, count: u32 }
@group(0) @binding(0) var<storage, read> logits: array<T>;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> logs: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> dweights: array<f32>;
@group(0) @binding(5) var<storage, read_write> dlogits: array<D>;
@group(0) @binding(6) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let row = i / sizes.experts;
  let expert = i % sizes.experts;
  let first = row * sizes.count;
  var mean = 0.0;
  var own = 0.0;
  var weight = 0.0; // 0 of an expert that was not chosen
  for (var j = first; j < first + sizes.count; j++) {
    mean += weights[j] * dweights[j];
    if (ids[j] == expert) {
      own = dweights[j];
      weight = weights[j];
    }
  }
  if (!NORMALIZE) {
    let best = min(ids[first], sizes.experts - 1u);
    weight = exp(f32(logits[i]) - f32(logits[row * sizes.experts + best]) + logs[first]);
  }
  var d = weight * (own - mean);
  if (ADD) { d += f32(dlogits[i]); }
  dlogits[i] = D(d);
}
