// y = f(a b + bias) + residual on a software adapter, for one row (decoding): each invocation owns sixteen columns, four
// in each of c, d, e and f, and walks all of K. Reading b is the work, so nothing else is spent.
// Link with left_*, right_*, places, blocks, out_* and epilogue_*.
const LANES: u32 = 4;
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  let column = group.x * 16u * LANES + 4u * lane;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  var c = vec4f(); var d = vec4f(); var e = vec4f(); var f = vec4f();
  for (var k = range.x; k < range.y; k += 4u) {
    let a = left(z, row, k);
    c += right_block(z, k, column) * a;
    d += right_block(z, k, column + 4u * LANES) * a;
    e += right_block(z, k, column + 8u * LANES) * a;
    f += right_block(z, k, column + 12u * LANES) * a;
  }
  var results = array<vec4f, 4>(c, d, e, f);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 4u; i++) { put(group.z, row, column + 4u * i * LANES, results[i]); }
}
