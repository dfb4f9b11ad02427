// term_target.wgsl for the node that an edge comes from, n.
alias D = f32;
@group(0) @binding(3) var<storage, read> target_of: array<u32>;
@group(0) @binding(4) var<storage, read> dy: array<D>;

fn term(n: u32, e: u32, column: u32) -> F {
  let z = before(n, target_of[e], e, column);
  return attend(column) * leaky_slope(z) * f32(dy[e * (sizes.c / sizes.per) + column / sizes.per]);
}
