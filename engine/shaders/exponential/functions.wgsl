// e^x and ln x with their derivatives, for activation/forward.wgsl and backward.wgsl, on f32 or on four at a time.
// What is not finite goes on: e^∞ = ∞, e^-∞ = 0, ln ∞ = ∞. ln 0 is -∞, also of numbers below 2^-126, which devices may
// take for 0; ln of less than 0 is NaN.
const LOG: bool = false;
alias F = f32;
alias U = u32; // as many as F has

// WGSL lets log err by 2^-21 near 1, where ln x is about 0. x = m 2^k with m in [√½, √2): ln m = 2 artanh(s) with
// s = (m - 1) / (m + 1), by its series; k ln 2 is added in two parts, of which the first is exact.
fn natural_log(x: F) -> F {
  let bits = bitcast<U>(x);
  // 0x4afb0d is what the bits of √½ lack to those of 1: the exponent k + 127 counts from √½, not from 1.
  let exponent = (bits + U(0x004afb0du)) >> U(23u);
  let k = F(exponent) - F(127.0);
  let m = bitcast<F>(bits - (exponent << U(23u)) + U(0x3f800000u));
  let s = (m - F(1.0)) / (m + F(1.0));
  let t = s * s;
  let series = F(0.6666667) + t * (F(0.4) + t * (F(0.2857143) + t * F(0.22222222)));
  let y = k * F(0.69313812256) + (k * F(9.0580006145e-6) + (F(2.0) * s + s * t * series));
  // Made of x's bits: WGSL refuses constants that are not finite.
  let lowest = bitcast<F>((bits & U(0x80000000u)) | U(0xff800000u));
  let nan = bitcast<F>(bits | U(0x7fc00000u));
  let known = select(select(y, x, bits == U(0x7f800000u)), nan, bits > U(0x7f800000u));
  return select(known, lowest, (bits & U(0x7fffffffu)) < U(0x00800000u));
}

fn activate(x: F) -> F {
  if (LOG) { return natural_log(x); }
  return exp(x);
}

fn activate_slope(x: F) -> F {
  if (LOG) { return F(1.0) / x; }
  return exp(x);
}
