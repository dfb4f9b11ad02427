// What an edge's score is made of: z = source row + target row + edge row, and leaky(z). xs (M, C), xt (N, C).
// Link edge_*.wgsl and attention_*.wgsl.
alias XS = f32;
alias XT = f32;
@group(0) @binding(5) var<storage, read> xs: array<XS>;
@group(0) @binding(6) var<storage, read> xt: array<XT>;

fn before(source_node: u32, target_node: u32, e: u32, column: u32) -> F {
  return F(xs[source_node * sizes.c + column]) + F(xt[target_node * sizes.c + column]) + of_edge(e, column);
}
fn leaky(z: F) -> F { return select(z * sizes.slope, z, z > F()); }
fn leaky_slope(z: F) -> F { return select(F(sizes.slope), F(1.0), z > F()); }
