// tile_64x64.wgsl for smaller products, which would give a GPU too few workgroups: 8 × 8 invocations own 32 × 32
// outputs, each 4 × 4 (rows 4 down + 0 … 3, columns 4 across + 0 … 3), and walk K in steps of 32.
// Link with left_*, right_*, places, out_* and epilogue_*.
const STEP: u32 = 32;
// Whether compilers know how often loops turn: GPUs then have all four loads under way at once, software adapters compile longer.
const COUNTED: bool = true;

var<workgroup> left_slice: array<vec4f, 256>;   // [k][row / 4]
var<workgroup> right_slice: array<vec4f, 256>;  // [k][column / 4]

// Four rows of `left` from `row`, at k … k + 3, go to the slice with K outermost.
fn fetch_left(z: u32, row: u32, k: u32, quad: u32, at: u32) {
  let turned = transpose(mat4x4f(left(z, row, k), left(z, row + 1u, k), left(z, row + 2u, k), left(z, row + 3u, k)));
  for (var i = 0u; i < 4u; i++) {
    let to = (at + i) * 8u + quad;
    left_slice[to] = turned[i];
  }
}

fn fetch_right(z: u32, column: u32, k: u32, quad: u32, at: u32) {
  let turned = transpose(mat4x4f(
    right(z, column, k), right(z, column + 1u, k), right(z, column + 2u, k), right(z, column + 3u, k)));
  for (var i = 0u; i < 4u; i++) {
    let to = (at + i) * 8u + quad;
    right_slice[to] = turned[i];
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let turns = select(min(4u, 4u * sizes.splits), 4u, COUNTED);
  let across = lane % 8u;
  let down = lane / 8u;
  let row = group.y * 32u;
  let column = group.x * 32u;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  for (var k = range.x; k < range.y; k += STEP) {
    if (TRANSPOSE_A) { // stored [k][row]: 8 lanes fetch the 32 rows of one k
      for (var turn = 0u; turn < turns; turn++) {
        let i = turn * 64u + lane;
        left_slice[i] = left(z, k + i / 8u, row + i % 8u * 4u);
      }
    } else { // stored [row][k]: 8 lanes fetch the 32 k of four rows
      fetch_left(z, row + down * 4u, k + across * 4u, down, across * 4u);
    }
    if (TRANSPOSE_B) {
      fetch_right(z, column + down * 4u, k + across * 4u, down, across * 4u);
    } else {
      for (var turn = 0u; turn < turns; turn++) {
        let i = turn * 64u + lane;
        right_slice[i] = right(z, k + i / 8u, column + i % 8u * 4u);
      }
    }
    workgroupBarrier();
    // Sums of a step are added up apart: chains of K additions would lose digits.
    var d0 = vec4f(); var d1 = vec4f(); var d2 = vec4f(); var d3 = vec4f();
    for (var i = 0u; i < STEP; i++) {
      let a = left_slice[i * 8u + down];
      let b = right_slice[i * 8u + across];
      d0 = fma(b, vec4f(a.x), d0);
      d1 = fma(b, vec4f(a.y), d1);
      d2 = fma(b, vec4f(a.z), d2);
      d3 = fma(b, vec4f(a.w), d3);
    }
    c0 += d0; c1 += d1; c2 += d2; c3 += d3;
    workgroupBarrier();
  }
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 4u; i++) {
    let c = select(select(c0, c1, i == 1u), select(c2, c3, i == 3u), i > 1u);
    put(group.z, row + 4u * down + i, column + 4u * across, c);
  }
}
