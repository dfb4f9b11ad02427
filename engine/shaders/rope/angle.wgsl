// Sine and cosine of rotary angles, exact to about 2e-7 at positions below 2^24: as an angle rounds to f32, with all whole
// turns taken away before. WGSL allows its own an error of 2^-11.
// Link a file that declares F, Unsigned and Signed, as lib/scalar.wgsl and lib/vector.wgsl.
struct Angle { sine: F, cosine: F }

// Of an angle of at most an eighth of a turn.
fn small_sine(a: F) -> F {
  let a2 = a * a;
  return a * (1.0 + a2 * (-1.0 / 6.0 + a2 * (1.0 / 120.0 + a2 * (-1.0 / 5040.0 + a2 * (1.0 / 362880.0)))));
}
fn small_cosine(a: F) -> F {
  let a2 = a * a;
  return 1.0 + a2 * (-0.5 + a2 * (1.0 / 24.0 + a2 * (-1.0 / 720.0 + a2 * (1.0 / 40320.0 + a2 * (-1.0 / 3628800.0)))));
}

// Of position times a frequency: `high` 2^-24 turns, a whole number, and `low` 2^-32 turns. The phase counts 2^-32 turns in
// 32 bits, which whole turns overflow.
fn angle(position: f32, high: F, low: F) -> Angle {
  let phase = Unsigned(high) * (u32(position) << 8u) + Unsigned(Signed(low * position));
  let quarter = (phase + Unsigned(1u << 29u)) >> Unsigned(30u);
  let rest = F(Signed(phase - (quarter << Unsigned(30u)))) * 1.4629180792671596e-9; // an eighth of a turn at most
  let s = small_sine(rest);
  let c = small_cosine(rest);
  let odd = (quarter & Unsigned(1u)) != Unsigned(0u);
  let sine = select(s, c, odd);
  let cosine = select(c, s, odd);
  return Angle(
    select(sine, -sine, quarter > Unsigned(1u)),
    select(cosine, -cosine, ((quarter + Unsigned(1u)) & Unsigned(2u)) != Unsigned(0u)),
  );
}
