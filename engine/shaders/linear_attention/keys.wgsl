// k and v (B, S, ·): G heads of D and of E numbers. A value's row ends with a 1, which turns sums of values into counts:
// numerator and denominator are one product. Keys from lengths[b] on are padding.
alias K = f32;
alias V = f32;
@group(0) @binding(0) var<storage, read> k: array<K>;
@group(0) @binding(1) var<storage, read> v: array<V>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;

fn visible(b: u32) -> u32 { return min(sizes.s, lengths[b]); }
fn key_at(b: u32, head: u32, row: u32, i: u32) -> u32 {
  return (b * sizes.s + row) * sizes.k_stride + sizes.k_offset + head * sizes.width + i;
}
fn value_at(b: u32, head: u32, row: u32, i: u32) -> u32 {
  return (b * sizes.s + row) * sizes.v_stride + sizes.v_offset + head * sizes.value_width + i;
}
fn key_feature(b: u32, head: u32, row: u32, i: u32) -> f32 { return feature(f32(k[key_at(b, head, row, i)])); }
fn key_value(b: u32, head: u32, row: u32, i: u32) -> f32 {
  if (i == sizes.value_width) { return 1.0; }
  return f32(v[value_at(b, head, row, i)]);
}
