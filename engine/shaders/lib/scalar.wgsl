// Kernels that walk along rows compute on F: f32 here, four numbers in vector.wgsl. Link the one that fits.
alias F = f32;
alias Unsigned = u32;
alias Signed = i32;

// The first of the numbers in one F.
fn lead(v: F) -> f32 {
  return v;
}

// The sum of the numbers in one F.
fn across(v: F) -> f32 {
  return v;
}
