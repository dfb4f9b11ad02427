// The right matrix of a sum has a row for each token, and each row of the tiles is one of its pairs.
const CHOICES: u32 = 1;

@group(0) @binding(8) var<storage, read> pair_of: array<u32>;

fn right_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 {
  let pair = pair_of[row];
  return select(pair / CHOICES, 0u, pair == 0xffffffffu) * columns;
}
