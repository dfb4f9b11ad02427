// What an edge adds to the gradient of the node that it goes to, n. term_source.wgsl: of the node that it comes from;
// term_attention.wgsl: of a. Link lib/edges/walk*.wgsl, before.wgsl.
alias D = f32;
@group(0) @binding(3) var<storage, read> source: array<u32>;
@group(0) @binding(4) var<storage, read> dy: array<D>;

fn term(n: u32, e: u32, column: u32) -> F {
  let z = before(source[e], n, e, column);
  return attend(column) * leaky_slope(z) * f32(dy[e * (sizes.c / sizes.per) + column / sizes.per]);
}
