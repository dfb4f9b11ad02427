// In place of rate.wgsl where values are written as they are.
fn rate(b: u32, row: u32, n: u32) -> f32 { return 1.0; }
