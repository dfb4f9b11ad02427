// Rotary positions on load or store, by angles computed for each element (Su et al. 2021): for rows that pass but once or
// stand where only the run knows. turn_table.wgsl declares the same for tiles, turn_none.wgsl for what does not turn.
// `sizes` has factor. Link pack*.wgsl, turn_pairs.wgsl, rope/angle.wgsl.
alias TURNS = f32; // F
@group(0) @binding(12) var<storage, read> turns: array<TURNS>;

fn turned(x: F, partner: F, i: u32, position: u32) -> F {
  if (i >= 2u * sizes.half) { return x; }
  let j = pair_of(i);
  let a = angle(f32(position), turns[j], turns[j + sizes.half]);
  return (x * a.cosine + partner * select(a.sine, -a.sine, leads(i))) * sizes.factor;
}
