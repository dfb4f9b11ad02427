// y = f(a b + bias) + residual on a GPU for up to four rows (decoding), where reading b is all the work: a workgroup
// owns 4 · COLUMN_LANES columns; its 64 invocations share them as COLUMN_LANES groups of four, times 64 / COLUMN_LANES
// parts of K, which are added through workgroup memory in a fixed order.
// COLUMN_LANES is 8 where b is stored [k][column] and 1 where it is stored [column][k]: neighbours read neighbours.
// Link with left_*, right_*, blocks, out_* and epilogue_*.
const COLUMN_LANES: u32 = 8;
const ROWS: u32 = 4;

var<workgroup> partial: array<vec4f, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = (group.x * COLUMN_LANES + lane % COLUMN_LANES) * 4u;
  let z = group.z / sizes.splits;
  let begin = (group.z % sizes.splits) * sizes.chunk;
  let end = min(begin + sizes.chunk, sizes.k);
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  for (var k = begin + lane / COLUMN_LANES * 4u; k < end; k += 256u / COLUMN_LANES) {
    let b = right_block(z, k, column);
    if (ROWS == 1u && !TRANSPOSE_A) {
      c0 += b * left(z, 0u, k);
    } else {
      let a = left_block(z, 0u, k);
      c0 += b * a[0];
      c1 += b * a[1];
      c2 += b * a[2];
      c3 += b * a[3];
    }
  }
  partial[lane] = c0;
  if (ROWS > 1u) {
    partial[lane + 64u] = c1;
    partial[lane + 128u] = c2;
    partial[lane + 192u] = c3;
  }
  workgroupBarrier();
  for (var half = 32u; half >= COLUMN_LANES; half /= 2u) {
    if (lane < half) {
      for (var i = lane; i < 64u * ROWS; i += 64u) { partial[i] += partial[i + half]; }
    }
    workgroupBarrier();
  }
  if (lane < COLUMN_LANES) {
    for (var i = 0u; i < ROWS; i++) { put(group.z, i, column, partial[64u * i + lane]); }
  }
}
