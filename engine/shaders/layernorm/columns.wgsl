// The parameters' gradients, first pass: block k of `rows` rows leaves in sums[0][k] the sum of dy h, with
// h = (x - mean) rstd, and in sums[1][k] (BIAS) the sum of dy. column_sum adds up the blocks, in a fixed order.
// x, dy (N, C) of T, stats (N, 2), sums (2, K, C) f32. c counts T. An invocation owns one column (of four
// numbers, where T is a vec4) of one block, so that neighbours read neighbours; blocks are workgroup_id.y.
const LANES: u32 = 64;
const BIAS: bool = true;
alias T = f32;

struct Sizes { n: u32, c: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read> dy: array<T>;
@group(0) @binding(2) var<storage, read> stats: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> sums: array<F>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

struct Terms { dweight: F, dbias: F }

fn terms(row: u32, column: u32) -> Terms {
  let s = stats[row];
  let i = row * sizes.c + column;
  let d = F(dy[i]);
  return Terms(d * ((F(x[i]) - s.x) * s.y), d);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = group.x * LANES + lane;
  if (column >= sizes.c) { return; }
  let first = group.y * sizes.rows;
  let end = min(first + sizes.rows, sizes.n);
  var dweight = F();
  var dbias = F();
  var row = first;
  for (; row + 3u < end; row += 4u) {
    let a = terms(row, column);
    let b = terms(row + 1u, column);
    let c = terms(row + 2u, column);
    let d = terms(row + 3u, column);
    dweight += (a.dweight + b.dweight) + (c.dweight + d.dweight);
    if (BIAS) { dbias += (a.dbias + b.dbias) + (c.dbias + d.dbias); }
  }
  for (; row < end; row++) {
    let a = terms(row, column);
    dweight += a.dweight;
    if (BIAS) { dbias += a.dbias; }
  }
  let o = group.y * sizes.c + column;
  sums[o] = dweight;
  // The biases' blocks stand after the weights'.
  if (BIAS) { sums[groups.y * sizes.c + o] = dbias; }
}
