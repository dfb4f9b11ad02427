// a + b, for lib/pairwise.wgsl.
fn combined(a: F, b: F) -> F { return a + b; }
