// Where a workgroup finds its operands: product z of the batch has matrix z of each, and its part of K.
// Declares the words of the alternatives in expert_matmul.

// Row `row` of the left matrix of product z, whose rows are `columns` apart, and its matrices `stride`.
fn left_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return z * stride + row * columns; }
fn right_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return z * stride + row * columns; }
// The first k of a workgroup, by its number along z, and the one after its last.
fn span(part: u32) -> vec2u {
  let begin = (part % sizes.splits) * sizes.chunk;
  return vec2u(begin, min(begin + sizes.chunk, sizes.k));
}
