// What forward leaves of a row in stats (N, 2): its mean and 1 / √(variance + eps). Of numbers whose squares would overflow
// the second is that of x SHRINK, and below 0 to tell. Link lib/scalar.wgsl or lib/vector.wgsl.
const SHRINK: f32 = 8.271806125530277e-25; // 2^-80
const LARGE: u32 = 0x71800000; // bits of 2^100, above which sums of squares count as overflown; NaN is above, too

// (shrink, mean shrink, rate): the normalised number is (x shrink - mean shrink) rate.
fn row_of(stats: vec2f) -> vec3f {
  let shrink = select(1.0, SHRINK, stats.y < 0.0);
  return vec3f(shrink, stats.x * shrink, abs(stats.y));
}
fn normal(x: F, row: vec3f) -> F { return (x * row.x - row.y) * row.z; }
