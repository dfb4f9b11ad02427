// Writes the product four elements of a row at a time: N is a multiple of four. Declares `put` like out_scalar.wgsl.
//   y (batch, M, N), or (batch · splits, M, N) partial sums where K is split
// ADD: y holds a gradient already and the product is added.
const ADD: bool = false;
alias TY = f32;

struct Sizes {
  m: u32,
  n: u32,
  k: u32,
  left_stride: u32,   // elements from one matrix of the batch to the next; 0 where the batch shares one
  right_stride: u32,
  splits: u32,        // parts that K is cut into: workgroup_id.z = batch index · splits + part
  chunk: u32,         // length of a part
}
@group(0) @binding(2) var<storage, read_write> y: array<vec4<TY>>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

// Elements [z][i][j .. j + 3] of y; nothing past the edges.
fn put(z: u32, i: u32, j: u32, product: vec4f) {
  if (i >= sizes.m || j >= sizes.n) { return; }
  let at = (z * sizes.m + i) * sizes.n + j;
  var value = epilogue(product, at, j);
  if (ADD) { value += vec4f(y[at / 4u]); }
  y[at / 4u] = vec4<TY>(value);
}
