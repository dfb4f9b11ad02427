// What edge e adds: row row_of(e) of x (·, C), times its weight. Link rows_*.wgsl and weights_*.wgsl.
alias X = f32;
@group(0) @binding(3) var<storage, read> x: array<X>;

fn term(n: u32, e: u32, column: u32) -> F {
  return F(x[row_of(e) * sizes.c + column]) * weight(e, column);
}
