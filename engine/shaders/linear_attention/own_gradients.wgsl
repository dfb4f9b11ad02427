// Owned rows: the gradients of numerator and denominator; `owner4` gives four columns, where the last stands for
// those that do not exist. Link gradients.wgsl.
fn owned_rows() -> u32 { return sizes.t; }
fn owned_visible(b: u32) -> u32 { return sizes.t; }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return query_value(b, head, row, i); }
fn owner4(b: u32, head: u32, row: u32, i: u32) -> vec4f {
  let group = (b * sizes.t + row) * sizes.heads + head;
  let at = group * sizes.value_width + min(i + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.value_width - 1u));
  let share = ratio[group];
  let x = vec4f(f32(dout[at.x]), f32(dout[at.y]), f32(dout[at.z]), f32(dout[at.w])) * share.x;
  return select(x, vec4f(share.y), i + vec4u(0u, 1u, 2u, 3u) == vec4u(sizes.value_width));
}
