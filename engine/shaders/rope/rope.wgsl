// Rotary positions: y = factor (x₁ cos a - x₂ sin a, x₂ cos a + x₁ sin a) for pairs x₁, x₂ of columns of each head, with
// a = position · frequency; Su et al. 2021. Pairs are (j, j + half) as in Llama, or neighbours as in GPT-J (ADJACENT,
// with scalar.wgsl only). SIGN -1 rotates back, which is the gradient.
// x, y (N, C): of each of `heads` heads of `width` columns from `offset` on the first 2 half are rotated; other columns
// are copied. Sizes count F. An invocation owns one pair, or two columns to copy. Link lib/scalar.wgsl or
// lib/vector.wgsl, angle.wgsl, lib/starts*.wgsl, step.wgsl.
const LANES: u32 = 64;
const SIGN: f32 = 1.0;
const ADD: bool = false;
const ADJACENT: bool = false;
const MOVES: bool = true; // positions count from start_of(b), else from 0
alias T = f32;
alias S = f32;
alias R = f32; // F

struct Sizes {
  n: u32, t: u32, c: u32, offset: u32, heads: u32, width: u32, half: u32,
  work: u32,   // of a row: pairs, then twos of columns to copy
  start: u32,  // of a sequence's first row
  factor: f32,
}
@group(0) @binding(0) var<storage, read> x: array<T>;
// Turns per position: the leading bits of each, then the rest, so that whole turns cancel exactly.
@group(0) @binding(1) var<storage, read> turns: array<R>;
@group(0) @binding(2) var<storage, read_write> y: array<S>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn put(at: u32, value: F) {
  var v = value;
  if (ADD) { v += F(y[at]); }
  y[at] = S(v);
}

fn rotate(row: u32, unit: u32) {
  let j = unit % sizes.half;
  let position = f32(select(0u, start_of(row / sizes.t), MOVES) + sizes.start + row % sizes.t);
  let a = angle(position, turns[j], turns[j + sizes.half]);
  let cosine = sizes.factor * a.cosine;
  let sine = SIGN * sizes.factor * a.sine;
  let head = row * sizes.c + sizes.offset + (unit / sizes.half) * sizes.width;
  let first = head + select(j, 2u * j, ADJACENT);
  let second = first + select(sizes.half, 1u, ADJACENT);
  let x1 = F(x[first]);
  let x2 = F(x[second]);
  put(first, x1 * cosine - x2 * sine);
  put(second, x2 * cosine + x1 * sine);
}

// Copied are the columns before the heads, the tails of the heads, and what follows them.
fn copied(column: u32) -> u32 {
  if (column < sizes.offset) { return column; }
  let tail = sizes.width - 2u * sizes.half;
  let k = column - sizes.offset;
  if (k >= sizes.heads * tail) { return column + 2u * sizes.heads * sizes.half; }
  return column + (k / tail + 1u) * (2u * sizes.half);
}

fn copy(row: u32, unit: u32) {
  for (var column = unit * 2u; column < unit * 2u + 2u; column++) {
    let at = copied(column);
    if (at < sizes.c) { put(row * sizes.c + at, F(x[row * sizes.c + at])); }
  }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let e = (group.x + group.y * groups.x) * LANES + lane;
  let row = e / sizes.work;
  if (row >= sizes.n) { return; }
  let unit = e % sizes.work;
  let pairs = sizes.heads * sizes.half;
  if (unit < pairs) { rotate(row, unit); } else { copy(row, unit - pairs); }
}
