// How much each number of an adapter matters (AdaLoRA, Zhang et al. 2023): with s = |w d|, d the gradient times the clip scale,
//   importance ← β1 importance + (1 - β1) s,   uncertainty ← β2 uncertainty + (1 - β2) |s - importance|.
// Both stay from update number `last` on (1 for the first), and where a clip scale of 0 says that a gradient blew up. All f32, (N)
// of T. Link graph/step and lib/elementwise.
alias T = f32;

// rest1 = 1 - β1, rest2 = 1 - β2: computed on the host, because 1 - 0.999 in f32 is off by 1e-5
struct Sizes { n: u32, last: u32, rest1: f32, beta2: f32, rest2: f32 }
@group(0) @binding(0) var<storage, read> weights: array<T>;
@group(0) @binding(1) var<storage, read> gradients: array<T>;
@group(0) @binding(2) var<storage, read> clip: array<f32>;
@group(0) @binding(3) var<storage, read_write> importance: array<T>;
@group(0) @binding(4) var<storage, read_write> uncertainty: array<T>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn point(i: u32) {
  if (clip[1] == 0.0 || now.index + 1u >= sizes.last) { return; }
  let s = abs(weights[i] * (gradients[i] * clip[1]));
  let before = importance[i];
  let smoothed = before + sizes.rest1 * (s - before);
  importance[i] = smoothed;
  uncertainty[i] = sizes.beta2 * uncertainty[i] + sizes.rest2 * abs(s - smoothed);
}
