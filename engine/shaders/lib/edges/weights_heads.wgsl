// Edge e counts weights[e, head] (E, H); a head is `per` columns.
alias W = f32;
@group(0) @binding(5) var<storage, read> weights: array<W>;

fn weight(e: u32, column: u32) -> f32 {
  return f32(weights[e * (sizes.c / sizes.per) + column / sizes.per]);
}
