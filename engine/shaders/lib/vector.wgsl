// Kernels that walk along rows compute on F: four numbers here, f32 in scalar.wgsl. Link the one that fits.
alias F = vec4<f32>;
alias Unsigned = vec4<u32>;
alias Signed = vec4<i32>;

// The first of the numbers in one F.
fn lead(v: F) -> f32 {
  return v.x;
}

// The sum of the numbers in one F.
fn across(v: F) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}
