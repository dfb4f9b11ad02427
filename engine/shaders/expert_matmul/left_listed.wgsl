// The left matrix has a row for each token, and each row of the tiles is one of its pairs. A row without a pair reads token 0:
// nobody reads what becomes of it.
const CHOICES: u32 = 1;

@group(0) @binding(8) var<storage, read> pair_of: array<u32>;

fn left_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 {
  let pair = pair_of[z * sizes.m + row];
  return select(pair / CHOICES, 0u, pair == 0xffffffffu) * columns;
}
