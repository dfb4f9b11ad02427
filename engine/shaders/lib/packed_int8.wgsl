// Numbers of packed weights (engine/graph/packed.ts) of 8 bits, with a scale for each row. Declares `row_words`, `decoded`,
// `group_scale`, `row_scale` and CODES like packed_int4.wgsl. Link with what declares `word`, a word of the matrix.
const CODES: u32 = 4;  // in a word

// Words of a row's codes.
fn row_words(inputs: u32) -> u32 {
  return (inputs + 15u) / 16u * 4u;
}

// The codes of a word as numbers.
fn decoded(codes: u32, part: u32) -> vec4f {
  return vec4f(vec4i(vec4u(codes) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

// What a code at element j of a row is multiplied by, inside of sums over its group.
fn group_scale(rows: u32, inputs: u32, row: u32, j: u32) -> f32 {
  return 1.0;
}

// What sums over a row are multiplied by.
fn row_scale(rows: u32, inputs: u32, row: u32) -> f32 {
  return bitcast<f32>(word(rows * row_words(inputs) + row));
}
