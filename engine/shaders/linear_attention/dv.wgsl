// dv, laid out like v. ADD: dx holds a gradient already. Link keys.wgsl.
const ADD: bool = false;
alias DX = f32;
@group(0) @binding(7) var<storage, read_write> dx: array<DX>;

fn finish(b: u32, head: u32, row: u32, i: u32, value: f32, total: f32) {
  if (ADD) {
    dx[value_at(b, head, row, i)] = DX(value + f32(dx[value_at(b, head, row, i)]));
  } else {
    dx[value_at(b, head, row, i)] = DX(value);
  }
}
