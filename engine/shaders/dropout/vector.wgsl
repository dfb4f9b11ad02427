// dropout.wgsl on four numbers at a time: one draw serves them all.
alias F = vec4<f32>;

fn mask(i: u32, stream: u32, threshold: u32, kept: f32) -> F {
  return select(vec4f(), vec4f(kept), random4(i, stream) >= vec4u(threshold));
}
