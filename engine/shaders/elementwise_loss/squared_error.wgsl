// What a pair costs, and the derivative by x. Link with partial.wgsl or backward.wgsl.
fn pair_loss(x: f32, t: f32) -> f32 { return (x - t) * (x - t); }
fn pair_slope(x: f32, t: f32) -> f32 { return 2.0 * (x - t); }
