// Owned rows: φ(k). dv = their products; laid out like v. Padding gets zeros.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn owned_rows() -> u32 { return sizes.s; }
fn owned_visible(b: u32) -> u32 { return visible(b); }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return key_feature(b, head, row, i); }
fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[value_at(b, head, row, i)] = DX(value + f32(dx[value_at(b, head, row, i)]));
  } else {
    dx[value_at(b, head, row, i)] = DX(value);
  }
}
