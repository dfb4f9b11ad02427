// y = f(a b + bias) + residual on a GPU: a workgroup of 8 × 8 invocations owns 64 × 64 outputs and walks K in steps of
// 16. Both operands' slices are fetched with neighbouring vec4 loads and shared through workgroup memory, so that each
// number is fetched once per workgroup; each invocation owns 8 × 8 outputs: rows 4 down + 0 … 3 and 32 more, columns
// 4 across + 0 … 3 and 32 more (neighbours then read neighbouring banks).
// Link with left_*, right_*, places, out_* and epilogue_*.
const STEP: u32 = 16;
// Whether compilers know how often loops turn: GPUs then have all four loads under way at once, software adapters compile longer.
const COUNTED: bool = true;

var<workgroup> left_slice: array<vec4f, 256>;   // [k][row / 4]
var<workgroup> right_slice: array<vec4f, 256>;  // [k][column / 4]

fn rank1(c: mat4x4f, b: vec4f, a: vec4f) -> mat4x4f {
  return mat4x4f(fma(b, vec4f(a.x), c[0]), fma(b, vec4f(a.y), c[1]), fma(b, vec4f(a.z), c[2]), fma(b, vec4f(a.w), c[3]));
}

// Four rows of `left` from `row`, at k … k + 3, go to the slice with K outermost.
fn fetch_left(z: u32, row: u32, k: u32, quad: u32, at: u32) {
  let turned = transpose(mat4x4f(left(z, row, k), left(z, row + 1u, k), left(z, row + 2u, k), left(z, row + 3u, k)));
  for (var i = 0u; i < 4u; i++) {
    let to = (at + i) * 16u + quad;
    left_slice[to] = turned[i];
  }
}

fn fetch_right(z: u32, column: u32, k: u32, quad: u32, at: u32) {
  let turned = transpose(mat4x4f(
    right(z, column, k), right(z, column + 1u, k), right(z, column + 2u, k), right(z, column + 3u, k)));
  for (var i = 0u; i < 4u; i++) {
    let to = (at + i) * 16u + quad;
    right_slice[to] = turned[i];
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let turns = select(min(4u, 4u * sizes.splits), 4u, COUNTED);
  let across = lane % 8u;
  let down = lane / 8u;
  let row = group.y * 64u;
  let column = group.x * 64u;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c00 = mat4x4f(); var c01 = mat4x4f();
  var c10 = mat4x4f(); var c11 = mat4x4f();
  for (var k = range.x; k < range.y; k += STEP) {
    if (TRANSPOSE_A) { // stored [k][row]: 16 lanes fetch the 64 rows of one k
      for (var turn = 0u; turn < turns; turn++) {
        let i = turn * 64u + lane;
        left_slice[i] = left(z, k + i / 16u, row + i % 16u * 4u);
      }
    } else { // stored [row][k]: 4 lanes fetch the 16 k of four rows
      fetch_left(z, row + lane / 4u * 4u, k + lane % 4u * 4u, lane / 4u, lane % 4u * 4u);
    }
    if (TRANSPOSE_B) {
      fetch_right(z, column + lane / 4u * 4u, k + lane % 4u * 4u, lane / 4u, lane % 4u * 4u);
    } else {
      for (var turn = 0u; turn < turns; turn++) {
        let i = turn * 64u + lane;
        right_slice[i] = right(z, k + i / 16u, column + i % 16u * 4u);
      }
    }
    workgroupBarrier();
    for (var i = 0u; i < STEP; i++) {
      let a0 = left_slice[i * 16u + down];
      let a1 = left_slice[i * 16u + 8u + down];
      let b0 = right_slice[i * 16u + across];
      let b1 = right_slice[i * 16u + 8u + across];
      c00 = rank1(c00, b0, a0);
      c01 = rank1(c01, b1, a0);
      c10 = rank1(c10, b0, a1);
      c11 = rank1(c11, b1, a1);
    }
    workgroupBarrier();
  }
  var results = array<mat4x4f, 4>(c00, c01, c10, c11);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 16u; i++) {
    put(group.z, row + i / 8u * 32u + 4u * down + i % 4u, column + i / 4u % 2u * 32u + 4u * across, results[i / 4u][i % 4u]);
  }
}
