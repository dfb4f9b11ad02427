// Rotary positions on load or store: columns i and partner_of(i) of a head turn together; Su et al. 2021. Columns from
// 2 half on stay. Halves pair as in Llama, neighbours (ADJACENT, with pack1.wgsl only) as in GPT-J. turn_none.wgsl
// declares the same functions for keys and queries that do not turn. `sizes` has half (in F) and factor.
// Link pack*.wgsl, rope/angle.wgsl.
const ADJACENT: bool = false;
alias TURNS = f32; // F
@group(0) @binding(12) var<storage, read> turns: array<TURNS>;

fn partner_of(i: u32) -> u32 {
  if (i >= 2u * sizes.half) { return i; }
  if (ADJACENT) { return i ^ 1u; }
  return select(i - sizes.half, i + sizes.half, i < sizes.half);
}

fn turned(x: F, partner: F, i: u32, position: u32) -> F {
  if (i >= 2u * sizes.half) { return x; }
  let j = select(i % sizes.half, i / 2u, ADJACENT);
  let first = select(i < sizes.half, i % 2u == 0u, ADJACENT);
  let a = angle(f32(position), turns[j], turns[j + sizes.half]);
  return (x * a.cosine + partner * select(a.sine, -a.sine, first)) * sizes.factor;
}
