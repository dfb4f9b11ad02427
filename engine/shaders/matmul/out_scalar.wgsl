// Writes the product element by element: for any N. Declares `put` like out_vec4.wgsl.
//   y (batch, M, N), or (batch · splits, M, N) partial sums where K is split
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
@group(0) @binding(2) var<storage, read_write> y: array<TY>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn put_one(at: u32, value: f32) {
  if (ADD) { y[at] = TY(value + f32(y[at])); } else { y[at] = TY(value); }
}

// Elements [z][i][j .. j + 3] of y; nothing past the edges.
fn put(z: u32, i: u32, j: u32, product: vec4f) {
  if (i >= sizes.m || j >= sizes.n) { return; }
  let at = (z * sizes.m + i) * sizes.n + j;
  let value = epilogue(product, at, j);
  put_one(at, value.x);
  if (j + 1u < sizes.n) { put_one(at + 1u, value.y); }
  if (j + 2u < sizes.n) { put_one(at + 2u, value.z); }
  if (j + 3u < sizes.n) { put_one(at + 3u, value.w); }
}
