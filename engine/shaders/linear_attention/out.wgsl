// Numerators and denominators into out (B, T, H, E); inverse (B, T, H) keeps 1 / denominator for the backward pass.
alias Y = f32;
@group(0) @binding(7) var<storage, read_write> out: array<Y>;
@group(0) @binding(8) var<storage, read_write> inverse: array<f32>;

fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  let at = (b * sizes.t + row) * sizes.heads + head;
  let share = 1.0 / (total + sizes.epsilon);
  out[at * sizes.value_width + i] = Y(value * share);
  if (i == 0u) { inverse[at] = share; }
}
