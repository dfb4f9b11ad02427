// y = f(a b + bias) + residual on a GPU for up to four rows (decoding), where reading b is all the work: a workgroup
// owns 4 · COLUMN_LANES columns; its LANES invocations share them as COLUMN_LANES groups of four, times LANES / COLUMN_LANES
// parts of K, which are added through workgroup memory in a fixed order.
// COLUMN_LANES is 8 where b is stored [k][column] and 1 where it is stored [column][k]: neighbours read neighbours.
// Link with left_*, right_*, places, blocks, out_* and epilogue_*.
const COLUMN_LANES: u32 = 8;
const ROWS: u32 = 4;
const LANES: u32 = 64;
const TWICE: bool = false; // a turn reads two blocks of b, so that ten loads are under way
const PARTIALS: u32 = LANES * ROWS;
const STRIDE: u32 = 4u * LANES / COLUMN_LANES; // K of a block of each lane

var<workgroup> partial: array<vec4f, PARTIALS>;

// Four columns of each row.
struct Sums { c0: vec4f, c1: vec4f, c2: vec4f, c3: vec4f }

fn added(x: Sums, b: mat4x4f, z: u32, k: u32) -> Sums {
  var y = x;
  if (ROWS == 1u && !TRANSPOSE_A) {
    y.c0 += b * left(z, 0u, k);
  } else {
    let a = left_block(z, 0u, k);
    y.c0 += b * a[0];
    y.c1 += b * a[1];
    y.c2 += b * a[2];
    y.c3 += b * a[3];
  }
  return y;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = (group.x * COLUMN_LANES + lane % COLUMN_LANES) * 4u;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var x: Sums;
  var k = range.x + lane / COLUMN_LANES * 4u;
  if (TWICE) {
    for (; k + STRIDE < range.y; k += 2u * STRIDE) {
      let near = right_block(z, k, column);
      let far = right_block(z, k + STRIDE, column);
      x = added(added(x, near, z, k), far, z, k + STRIDE);
    }
  }
  for (; k < range.y; k += STRIDE) { x = added(x, right_block(z, k, column), z, k); }
  partial[lane] = x.c0;
  if (ROWS > 1u) {
    partial[lane + LANES] = x.c1;
    partial[lane + 2u * LANES] = x.c2;
    partial[lane + 3u * LANES] = x.c3;
  }
  workgroupBarrier();
  for (var half = LANES / 2u; half >= COLUMN_LANES; half /= 2u) {
    if (lane < half) {
      for (var i = lane; i < PARTIALS; i += LANES) { partial[i] += partial[i + half]; }
    }
    workgroupBarrier();
  }
  if (lane < COLUMN_LANES) {
    for (var i = 0u; i < ROWS; i++) { put(group.z, i, column, partial[LANES * i + lane]); }
  }
}
