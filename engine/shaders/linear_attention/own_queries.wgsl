// Owned rows: φ(q); `owner4` gives four columns, where the last stands for those that do not exist. Link queries.wgsl.
fn owned_rows() -> u32 { return sizes.t; }
fn owned_visible(b: u32) -> u32 { return sizes.t; }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return query_feature(b, head, row, i); }
fn owner4(b: u32, head: u32, row: u32, i: u32) -> vec4f {
  let at = query_at(b, head, row, 0u) + min(i + vec4u(0u, 1u, 2u, 3u), vec4u(sizes.width - 1u));
  return feature4(vec4f(f32(q[at.x]), f32(q[at.y]), f32(q[at.z]), f32(q[at.w])));
}
