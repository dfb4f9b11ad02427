// dk = φ'(k) times the gradient of φ(k); laid out like k. ADD: dx holds a gradient already. Link keys.wgsl.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn factor(at: u32) -> f32 { return feature_slope(f32(k[at])); }
fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[key_at(b, head, row, i)] = DX(f32(dx[key_at(b, head, row, i)]) + value * factor(key_at(b, head, row, i)));
  } else {
    dx[key_at(b, head, row, i)] = DX(value * factor(key_at(b, head, row, i)));
  }
}
