// Keys are owned, query rows of all heads that share them are streamed. SWAP: gradients on the left, features on the
// right.
const SWAP: bool = false;

fn left(b: u32, key: u32, share: u32, row: u32, i: u32) -> f32 {
  if (SWAP) { return query_value(b, key * sizes.per_key + share, row, i); }
  return query_feature(b, key * sizes.per_key + share, row, i);
}
fn right(b: u32, key: u32, share: u32, row: u32, i: u32) -> f32 {
  if (SWAP) { return query_feature(b, key * sizes.per_key + share, row, i); }
  return query_value(b, key * sizes.per_key + share, row, i);
}
fn key_head(owner_head: u32) -> u32 { return owner_head; }
fn streamed_rows(b: u32) -> u32 { return sizes.t; }
