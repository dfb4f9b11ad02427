// An optimizer's learning rate where parameters have a share of it each: every run of SPAN elements belongs to one of them, as
// they begin at multiples of 256 bytes. Link graph/step for `now`. Alternative: rate_same.
const SPAN: u32 = 64;
@group(0) @binding(12) var<storage, read> rates: array<f32>;

fn rateOf(i: u32) -> f32 { return now.lr * rates[i / SPAN]; }
