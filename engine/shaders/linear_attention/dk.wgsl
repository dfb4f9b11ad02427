// Owned rows: v with its 1. dk = φ'(k) times their products; laid out like k. Padding gets zeros.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn owned_rows() -> u32 { return sizes.s; }
fn owned_visible(b: u32) -> u32 { return visible(b); }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return key_value(b, head, row, i); }
fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[key_at(b, head, row, i)] = DX(value * feature_slope(f32(k[key_at(b, head, row, i)])) + f32(dx[key_at(b, head, row, i)]));
  } else {
    dx[key_at(b, head, row, i)] = DX(value * feature_slope(f32(k[key_at(b, head, row, i)])));
  }
}
