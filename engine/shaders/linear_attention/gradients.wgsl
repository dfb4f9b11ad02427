// The gradient of numerator and denominator, a row of E + 1 numbers: dout / denominator, then -Σ out dout / denominator.
// dout (B, T, H, E); ratio (B, T, H) has 1 / denominator and the last number.
alias DY = f32;
@group(0) @binding(4) var<storage, read> dout: array<DY>;
@group(0) @binding(5) var<storage, read> ratio: array<vec2f>;

fn query_value(b: u32, head: u32, row: u32, i: u32) -> f32 {
  let at = (b * sizes.t + row) * sizes.heads + head;
  if (i == sizes.value_width) { return ratio[at].y; }
  return f32(dout[at * sizes.value_width + i]) * ratio[at].x;
}
