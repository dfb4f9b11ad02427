// One pass of a sum over rows: block k of `rows` rows of x (N, C) is summed into y (K, C); with one block, y is the
// result, and ADD adds it to what is there. x of S, y of T; C and
// start, where in x the rows begin, count S. The order is fixed, so results are the same
// bits every time. An invocation owns one column (of four numbers, where S is a vec4) of one block, so that
// neighbours read neighbours; blocks are workgroup_id.y.
const LANES: u32 = 64;
const STRETCH: u32 = 256; // rows that are summed up by themselves: long sums lose digits
const ADD: bool = false;
alias S = f32;
alias T = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, rows: u32, start: u32 }
@group(0) @binding(0) var<storage, read> x: array<S>;
@group(0) @binding(1) var<storage, read_write> y: array<T>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * LANES + lane;
  if (column >= sizes.c) { return; }
  let first = group.y * sizes.rows;
  let count = min(sizes.rows, sizes.n - first);
  let end = sizes.start + (first + count) * sizes.c;
  var sum = F();
  for (var i = sizes.start + first * sizes.c + column; i < end;) {
    let stop = min(i + STRETCH * sizes.c, end);
    // Four chains, added in pairs: less rounding and less waiting than one.
    var sum0 = F();
    var sum1 = F();
    var sum2 = F();
    var sum3 = F();
    for (; i + 3u * sizes.c < stop; i += 4u * sizes.c) {
      sum0 += F(x[i]);
      sum1 += F(x[i + sizes.c]);
      sum2 += F(x[i + 2u * sizes.c]);
      sum3 += F(x[i + 3u * sizes.c]);
    }
    for (; i < stop; i += sizes.c) { sum0 += F(x[i]); }
    sum += (sum0 + sum1) + (sum2 + sum3);
  }
  let o = group.y * sizes.c + column;
  if (ADD) { sum += F(y[o]); }
  y[o] = T(sum);
}
