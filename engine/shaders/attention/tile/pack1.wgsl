// How a head's row of D numbers is walked: one at a time, for a D that 4 does not divide. See pack4.wgsl.
alias F = f32;
alias Unsigned = u32;
alias Signed = i32;
fn inner(a: F, b: F) -> f32 { return a * b; }
