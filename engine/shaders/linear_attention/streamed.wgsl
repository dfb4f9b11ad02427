// Numbers i … i + 3 of a streamed row; zeros outside.
fn left_number(b: u32, key: u32, share: u32, row: u32, i: u32, last: u32) -> f32 {
  if (row < last && i < sizes.x) { return left(b, key, share, row, i); }
  return 0.0;
}
fn right_number(b: u32, key: u32, share: u32, row: u32, i: u32, last: u32) -> f32 {
  if (row < last && i < sizes.y) { return right(b, key, share, row, i); }
  return 0.0;
}
fn right_four(b: u32, key: u32, share: u32, row: u32, i: u32, last: u32) -> vec4f {
  return vec4f(
    right_number(b, key, share, row, i, last), right_number(b, key, share, row, i + 1u, last),
    right_number(b, key, share, row, i + 2u, last), right_number(b, key, share, row, i + 3u, last),
  );
}
