// dq = φ'(q) times the gradient of φ(q); laid out like q. ADD: dx holds a gradient already. Link queries.wgsl.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn factor(at: u32) -> f32 { return feature_slope(f32(q[at])); }
fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[query_at(b, head, row, i)] = DX(f32(dx[query_at(b, head, row, i)]) + value * factor(query_at(b, head, row, i)));
  } else {
    dx[query_at(b, head, row, i)] = DX(value * factor(query_at(b, head, row, i)));
  }
}
