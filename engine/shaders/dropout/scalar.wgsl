// dropout.wgsl on single numbers: bit for bit the mask of vector.wgsl.
alias F = f32;

fn mask(i: u32, stream: u32, threshold: u32, kept: f32) -> F {
  return select(0.0, kept, random4(i / 4u, stream)[i % 4u] >= threshold);
}
