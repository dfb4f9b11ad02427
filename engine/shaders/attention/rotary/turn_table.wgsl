// Rotary positions on load, from a table: tiles load a row many times over, and an angle takes 45 operations for each
// number of an F. turns (positions, 2, half): cosines, then sines. Link pack*.wgsl, turn_pairs.wgsl.
alias TURNS = f32; // F
@group(0) @binding(12) var<storage, read> turns: array<TURNS>;

fn turned(x: F, partner: F, i: u32, position: u32) -> F {
  if (i >= 2u * sizes.half) { return x; }
  let at = position * 2u * sizes.half + pair_of(i);
  let sine = turns[at + sizes.half];
  return x * turns[at] + partner * select(sine, -sine, leads(i));
}
