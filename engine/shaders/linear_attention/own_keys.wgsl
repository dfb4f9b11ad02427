// Owned rows: φ(k) or, with VALUES, v and its 1; zeros where there is padding. `owner4` gives four columns, where the
// last stands for those that do not exist. Link keys.wgsl.
const VALUES: bool = false;

fn owned_rows() -> u32 { return sizes.s; }
fn owned_visible(b: u32) -> u32 { return visible(b); }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 {
  if (VALUES) { return key_value(b, head, row, i); }
  return key_feature(b, head, row, i);
}
fn owner4(b: u32, head: u32, row: u32, i: u32) -> vec4f {
  if (VALUES) {
    let at = value_at(b, head, row, 0u) + min(i + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.value_width - 1u));
    let x = vec4f(f32(v[at.x]), f32(v[at.y]), f32(v[at.z]), f32(v[at.w]));
    return select(x, vec4f(1.0), i + vec4u(0u, 1u, 2u, 3u) == vec4u(sizes.value_width));
  }
  let at = key_at(b, head, row, 0u) + min(i + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.width - 1u));
  return feature4(vec4f(f32(k[at.x]), f32(k[at.y]), f32(k[at.z]), f32(k[at.w])));
}
