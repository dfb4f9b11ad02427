// How a head's row of D numbers is walked: four at a time. Needs D, row strides and column offsets divisible by 4.
// pack1.wgsl declares the same names for any D.
alias F = vec4<f32>;
alias Unsigned = vec4<u32>;
alias Signed = vec4<i32>;
fn inner(a: F, b: F) -> f32 { return dot(a, b); }
