// log(1 + e^z) without overflow; PyTorch's is z itself above 20, where both are equal in f32.
fn softplus(z: f32) -> f32 { return max(z, 0.0) + log_of_one_and(exp(-abs(z))); }

// log(1 + u) for u from 0 to 1: the sum loses digits of a small u, and its series has them.
fn log_of_one_and(u: f32) -> f32 {
  if (u < 0.01) { return u * (1.0 - u * (0.5 - u * (1.0 / 3.0 - 0.25 * u))); }
  return log(1.0 + u);
}
