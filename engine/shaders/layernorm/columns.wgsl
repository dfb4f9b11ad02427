// The parameters' gradients, first pass: block k of `rows` rows leaves in sums[0][k] the sum of dy h, with
// h = (x - mean) rstd, and in sums[1][k] (BIAS) the sum of dy. column_sum adds up the blocks, in a fixed order.
// x, dy (N, C) of T, stats (N, 2), sums (2, K, C) f32. c counts T. An invocation owns one column (of four
// numbers, where T is a vec4) of one block, so that neighbours read neighbours; blocks are workgroup_id.y. Sums go on in
// stretches, because long ones lose digits. Link row, scalar or vector.
const STRETCH: u32 = 256;
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
  let i = row * sizes.c + column;
  let d = F(dy[i]);
  return Terms(d * normal(F(x[i]), row_of(stats[row])), d);
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
  for (var row = first; row < end;) {
    let stop = min(row + STRETCH, end);
    var own = Terms(F(), F());
    for (; row + 3u < stop; row += 4u) {
      let a = terms(row, column);
      let b = terms(row + 1u, column);
      let c = terms(row + 2u, column);
      let d = terms(row + 3u, column);
      own.dweight += (a.dweight + b.dweight) + (c.dweight + d.dweight);
      if (BIAS) { own.dbias += (a.dbias + b.dbias) + (c.dbias + d.dbias); }
    }
    for (; row < stop; row++) {
      let a = terms(row, column);
      own.dweight += a.dweight;
      if (BIAS) { own.dbias += a.dbias; }
    }
    dweight += own.dweight;
    dbias += own.dbias;
  }
  let o = group.y * sizes.c + column;
  sums[o] = dweight;
  // The biases' blocks stand after the weights'.
  if (BIAS) { sums[groups.y * sizes.c + o] = dbias; }
}
