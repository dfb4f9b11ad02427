// Query rows are owned, keys are streamed. SWAP: values on the left, features on the right.
const SWAP: bool = false;

fn left(b: u32, key: u32, share: u32, row: u32, i: u32) -> f32 {
  if (SWAP) { return key_value(b, key, row, i); }
  return key_feature(b, key, row, i);
}
fn right(b: u32, key: u32, share: u32, row: u32, i: u32) -> f32 {
  if (SWAP) { return key_feature(b, key, row, i); }
  return key_value(b, key, row, i);
}
fn key_head(owner_head: u32) -> u32 { return owner_head / sizes.per_key; }
fn streamed_rows(b: u32) -> u32 { return visible(b); }
