// Rotary positions: y = (x₁ cos a - x₂ sin a, x₂ cos a + x₁ sin a) for the halves x₁, x₂ of each head, with
// a = position θ^(-2j/D); Su et al. 2021, halves paired as in Llama. SIGN -1 rotates back, which is the gradient.
// x, y (N, C); `heads` heads of 2 half columns are rotated from `offset` on, other columns are copied. Sizes count F.
// An invocation owns one pair, or two columns to copy. Link lib/scalar.wgsl or lib/vector.wgsl, step.wgsl.
const LANES: u32 = 64;
const SIGN: f32 = 1.0;
const ADD: bool = false;
alias T = f32;
alias S = f32;
alias R = f32; // F

struct Sizes { n: u32, t: u32, c: u32, offset: u32, heads: u32, half: u32, work: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
// Turns per position: the leading bits of each, then the rest, so that whole turns cancel exactly.
@group(0) @binding(1) var<storage, read> turns: array<R>;
@group(0) @binding(2) var<storage, read_write> y: array<S>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

// Of an angle of at most an eighth of a turn. WGSL allows sin and cos an error of 2^-11; these err by 1e-7.
fn small_sine(a: F) -> F {
  let a2 = a * a;
  return a * (1.0 + a2 * (-1.0 / 6.0 + a2 * (1.0 / 120.0 + a2 * (-1.0 / 5040.0 + a2 * (1.0 / 362880.0)))));
}
fn small_cosine(a: F) -> F {
  let a2 = a * a;
  return 1.0 + a2 * (-0.5 + a2 * (1.0 / 24.0 + a2 * (-1.0 / 720.0 + a2 * (1.0 / 40320.0 + a2 * (-1.0 / 3628800.0)))));
}

fn put(at: u32, value: F) {
  var v = value;
  if (ADD) { v += F(y[at]); }
  y[at] = S(v);
}

fn rotate(row: u32, unit: u32) {
  let j = unit % sizes.half;
  let position = f32(now.position + row % sizes.t);
  let high = turns[j] * position;
  let low = turns[j + sizes.half] * position;
  let whole = (high - round(high)) + low;
  let turn = whole - round(whole);
  let quarter = round(turn * 4.0);
  let rest = (turn - quarter * 0.25) * 6.2831853;
  let s = small_sine(rest);
  let c = small_cosine(rest);
  // Quarter turns are -2 … 2: odd ones exchange sine and cosine, two turn both around.
  let odd = 1.0 - abs(abs(quarter) - 1.0);
  let even = (1.0 - odd) * (1.0 - abs(quarter));
  let cosine = c * even - s * quarter * odd;
  let sine = SIGN * (s * even + c * quarter * odd);
  let first = row * sizes.c + sizes.offset + (unit / sizes.half) * (2u * sizes.half) + j;
  let x1 = F(x[first]);
  let x2 = F(x[first + sizes.half]);
  put(first, x1 * cosine - x2 * sine);
  put(first + sizes.half, x2 * cosine + x1 * sine);
}

fn copy(row: u32, unit: u32) {
  for (var column = unit * 2u; column < unit * 2u + 2u; column++) {
    let at = select(column, column + 2u * sizes.heads * sizes.half, column >= sizes.offset);
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
