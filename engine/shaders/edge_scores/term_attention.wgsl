// What an edge adds to the gradient of a: dy leaky(z). Link lib/edges/walk*.wgsl, lib/edges/segments_even.wgsl, before.wgsl.
alias D = f32;
@group(0) @binding(2) var<storage, read> source: array<u32>;
@group(0) @binding(3) var<storage, read> target_of: array<u32>;
@group(0) @binding(4) var<storage, read> dy: array<D>;

fn term(n: u32, e: u32, column: u32) -> F {
  let z = before(source[e], target_of[e], e, column);
  return leaky(z) * f32(dy[e * (sizes.c / sizes.per) + column / sizes.per]);
}
