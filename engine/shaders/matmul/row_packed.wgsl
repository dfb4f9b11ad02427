// y = f(a b + bias) + residual on a software adapter, for one row (decoding) of packed weights b (N, K): each invocation owns
// sixteen columns, four in each of c, d, e and f, and walks all of K. Each load gives four or eight numbers, and scales stay
// out of the inner sums. Like row_1x64.wgsl.
// Link with left_*, places, lib/packed_*, packed_columns, out_* and epilogue_*.
const LANES: u32 = 4;
alias PACKED = u32;

@group(0) @binding(1) var<storage, read> b: array<PACKED>;

fn word(at: u32) -> u32 {
  return b[at];
}

// The product of a row of the left matrix, at k … k + CODES - 1, with four columns.
fn part(columns: vec4u, k: u32, low: vec4f, high: vec4f) -> vec4f {
  let at = columns * row_words(sizes.k) + vec4u(k / CODES);
  let codes = vec4u(word(at.x), word(at.y), word(at.z), word(at.w));
  let first = low * decoded_columns(codes, 0u);
  if (CODES == 4u) { return first; }
  return first + high * decoded_columns(codes, 1u);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  let column = group.x * 16u * LANES + 4u * lane;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  let at_c = four_columns(column);
  let at_d = four_columns(column + 4u * LANES);
  let at_e = four_columns(column + 8u * LANES);
  let at_f = four_columns(column + 12u * LANES);
  var c = vec4f(); var d = vec4f(); var e = vec4f(); var f = vec4f();
  for (var k = range.x; k < range.y;) {
    var s = vec4f(); var t = vec4f(); var u = vec4f(); var v = vec4f();
    let start = k;
    for (let stop = min(k + 32u, range.y); k < stop; k += CODES) {
      let low = left(z, row, k);
      var high = vec4f();
      if (CODES == 8u) { high = left(z, row, k + 4u); }
      s += part(at_c, k, low, high);
      t += part(at_d, k, low, high);
      u += part(at_e, k, low, high);
      v += part(at_f, k, low, high);
    }
    c += s * group_scales(at_c, start);
    d += t * group_scales(at_d, start);
    e += u * group_scales(at_e, start);
    f += v * group_scales(at_f, start);
  }
  var results = array<vec4f, 4>(
    c * row_scales(at_c), d * row_scales(at_d), e * row_scales(at_e), f * row_scales(at_f));
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 4u; i++) {
    put(group.z, row, column + 4u * i * LANES, results[i]);
  }
}
