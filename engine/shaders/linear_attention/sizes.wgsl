// What all kernels of linear attention share: sizes, and the feature map φ of queries and keys.
// t, s: rows of queries and keys; heads H, per_key = H/G query heads that share a key head; width D, value_width E;
// column ranges of q, k, v; x, y: columns of the streamed operands (left, right); stride of a state's row;
// rows of a chunk, chunks; owner_heads and streams: heads whose rows are owned, heads streamed for each of them;
// direction: which chunks a row looks at: 0 earlier, 1 later, 2 all; map: 0 elu + 1, 1 relu, 2 identity.

struct Sizes {
  t: u32, s: u32, heads: u32, per_key: u32, width: u32, value_width: u32,
  q_stride: u32, q_offset: u32, k_stride: u32, k_offset: u32, v_stride: u32, v_offset: u32,
  x: u32, y: u32, stride: u32, chunk: u32, chunks: u32, owner_heads: u32, streams: u32, direction: u32, map: u32,
  epsilon: f32,
}
@group(0) @binding(9) var<uniform> sizes: Sizes;

// Comparisons, because NaN passes them and min and max may lose it.
fn feature(x: f32) -> f32 {
  if (sizes.map == 0u) { return select(exp(x), x + 1.0, x > 0.0); }
  if (sizes.map == 1u) { return select(x, 0.0, x <= 0.0); }
  return x;
}
fn feature4(x: vec4f) -> vec4f {
  if (sizes.map == 0u) { return select(exp(x), x + 1.0, x > vec4f()); }
  if (sizes.map == 1u) { return select(x, vec4f(), x <= vec4f()); }
  return x;
}
fn feature_slope(x: f32) -> f32 {
  if (sizes.map == 0u) { return select(exp(x), 1.0, x > 0.0); }
  if (sizes.map == 1u) { return select(1.0, 0.0, x <= 0.0); }
  return 1.0;
}
