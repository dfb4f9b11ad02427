// q (B, T, ·): its columns from q_offset on are H heads of D numbers.
alias Q = f32;
@group(0) @binding(3) var<storage, read> q: array<Q>;

fn query_at(b: u32, head: u32, row: u32, i: u32) -> u32 {
  return (b * sizes.t + row) * sizes.q_stride + sizes.q_offset + head * sizes.width + i;
}
fn query_feature(b: u32, head: u32, row: u32, i: u32) -> f32 { return feature(f32(q[query_at(b, head, row, i)])); }
