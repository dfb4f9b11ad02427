// Owned rows: the gradients of numerators and denominators. dq = φ'(q) times their products; laid out like q.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn owned_rows() -> u32 { return sizes.t; }
fn owned_visible(b: u32) -> u32 { return sizes.t; }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return query_value(b, head, row, i); }
fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[query_at(b, head, row, i)] = DX(value * feature_slope(f32(q[query_at(b, head, row, i)])) + f32(dx[query_at(b, head, row, i)]));
  } else {
    dx[query_at(b, head, row, i)] = DX(value * feature_slope(f32(q[query_at(b, head, row, i)])));
  }
}
