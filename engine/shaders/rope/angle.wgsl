// Sine and cosine of rotary angles, exact to about 1e-7 at positions below 2^15. WGSL allows its own an error of 2^-11.
// Link a file that declares F, as lib/scalar.wgsl and lib/vector.wgsl.
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

// Of position times a frequency in turns, given as its leading bits and the rest: whole turns cancel exactly.
fn angle(position: f32, high: F, low: F) -> Angle {
  let leading = high * position;
  let whole = (leading - round(leading)) + low * position;
  let turn = whole - round(whole);
  let quarter = round(turn * 4.0);
  let rest = (turn - quarter * 0.25) * 6.2831853;
  let s = small_sine(rest);
  let c = small_cosine(rest);
  // Quarter turns are -2 … 2: odd ones exchange sine and cosine, two turn both around.
  let odd = 1.0 - abs(abs(quarter) - 1.0);
  let even = (1.0 - odd) * (1.0 - abs(quarter));
  return Angle(s * even + c * quarter * odd, c * even - s * quarter * odd);
}
