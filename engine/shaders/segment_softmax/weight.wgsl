// What a row counts in a softmax: x as a score, LOWEST where it takes no part, and e^(s - m), or 0. Link lib/hidden.wgsl.
fn score(i: u32) -> F {
  let number = F(x[i]);
  return select(number, F(LOWEST), number <= F(LEAST));
}
fn weight(s: F, m: F) -> F { return select(exp(s - m), F(0.0), s <= F(LOWEST)); }
