// Numbers of packed weights (engine/graph/packed.ts) of 4 bits, with a scale for each GROUP neighbours. Declares `row_words`,
// `decoded`, `group_scale`, `row_scale` and CODES like packed_int8.wgsl. Link with what declares `word`, a word of the matrix.
const GROUP: u32 = 32;
const CODES: u32 = 8;  // in a word

// Words of a row's codes.
fn row_words(inputs: u32) -> u32 {
  return (inputs + GROUP - 1u) / GROUP * (GROUP / 8u);
}

// The lower (part 0) or upper four codes of a word as numbers.
fn decoded(codes: u32, part: u32) -> vec4f {
  return vec4f(vec4i((vec4u(codes >> (16u * part)) >> vec4u(0u, 4u, 8u, 12u)) & vec4u(15u)) - vec4i(8));
}

// What a code at element j of a row is multiplied by, inside of sums over its group.
fn group_scale(rows: u32, inputs: u32, row: u32, j: u32) -> f32 {
  let groups = (inputs + GROUP - 1u) / GROUP;
  let pair = word(rows * row_words(inputs) + row * ((groups + 1u) / 2u) + j / (2u * GROUP));
  return bitcast<f32>(select(pair << 16u, pair & 0xffff0000u, j / GROUP % 2u == 1u));
}

// What sums over a row are multiplied by.
fn row_scale(rows: u32, inputs: u32, row: u32) -> f32 {
  return 1.0;
}
