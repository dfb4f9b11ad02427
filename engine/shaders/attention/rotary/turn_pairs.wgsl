// Columns i and partner_of(i) of a head turn together, columns from 2 half on stay. Halves pair as in Llama, neighbours
// (ADJACENT, with pack1.wgsl only) as in GPT-J. `sizes` has half, in F.
const ADJACENT: bool = false;

fn partner_of(i: u32) -> u32 {
  if (i >= 2u * sizes.half) { return i; }
  if (ADJACENT) { return i ^ 1u; }
  return select(i - sizes.half, i + sizes.half, i < sizes.half);
}
// Of the first of a pair: y = x cos - partner sin; of the second: y = x cos + partner sin.
fn leads(i: u32) -> bool { return select(i < sizes.half, i % 2u == 0u, ADJACENT); }
fn pair_of(i: u32) -> u32 { return select(select(i - sizes.half, i, i < sizes.half), i / 2u, ADJACENT); }
