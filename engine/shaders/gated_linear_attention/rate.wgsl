// β of a row: how much of a value is written. beta (B, T, N).
alias R = f32;
@group(0) @binding(7) var<storage, read> beta: array<R>;

fn rate(b: u32, row: u32, n: u32) -> f32 {
  if (row >= sizes.t) { return 0.0; }
  return f32(beta[(b * sizes.t + row) * sizes.states + n]);
}
