// Owned rows: φ(k) or, with VALUES, v and its 1; zeros where there is padding. Link keys.wgsl.
const VALUES: bool = false;

fn owned_rows() -> u32 { return sizes.s; }
fn owned_visible(b: u32) -> u32 { return visible(b); }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 {
  if (VALUES) { return key_value(b, head, row, i); }
  return key_feature(b, head, row, i);
}
