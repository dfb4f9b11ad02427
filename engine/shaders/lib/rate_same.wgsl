// An optimizer's learning rate, the same for all weights. Link graph/step for `now`. Alternative: rate_each.
fn rateOf(i: u32) -> f32 { return now.lr; }
