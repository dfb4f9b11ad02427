// y = f(a b + bias) + residual on a software adapter, for one row (decoding) of packed weights b (N, K): each invocation owns
// sixteen columns, four in each of c, d, e and f, and walks all of K. Each load gives four or eight numbers, and scales stay
// out of the inner sums. Like row_1x64.wgsl.
// Link with left_*, lib/packed_*, out_* and epilogue_*.
const LANES: u32 = 4;
alias PACKED = u32;

@group(0) @binding(1) var<storage, read> b: array<PACKED>;

fn word(at: u32) -> u32 {
  return b[at];
}

// The product of a row of the left matrix, at k … k + CODES - 1, with four columns.
fn part(column: u32, k: u32, low: vec4f, high: vec4f) -> vec4f {
  let words = row_words(sizes.k);
  // Columns past N read the last one, and write nothing.
  let at = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(sizes.n - 1u)) * words + vec4u(k / CODES);
  let codes = vec4u(word(at.x), word(at.y), word(at.z), word(at.w));
  let first = low * mat4x4f(decoded(codes.x, 0u), decoded(codes.y, 0u), decoded(codes.z, 0u), decoded(codes.w, 0u));
  if (CODES == 4u) { return first; }
  return first + high * mat4x4f(decoded(codes.x, 1u), decoded(codes.y, 1u), decoded(codes.z, 1u), decoded(codes.w, 1u));
}

fn group_scales(column: u32, k: u32) -> vec4f {
  let rows = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(sizes.n - 1u));
  return vec4f(
    group_scale(sizes.n, sizes.k, rows.x, k), group_scale(sizes.n, sizes.k, rows.y, k),
    group_scale(sizes.n, sizes.k, rows.z, k), group_scale(sizes.n, sizes.k, rows.w, k));
}

fn row_scales(column: u32) -> vec4f {
  let rows = min(vec4u(column, column + 1u, column + 2u, column + 3u), vec4u(sizes.n - 1u));
  return vec4f(
    row_scale(sizes.n, sizes.k, rows.x), row_scale(sizes.n, sizes.k, rows.y),
    row_scale(sizes.n, sizes.k, rows.z), row_scale(sizes.n, sizes.k, rows.w));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y;
  let column = group.x * 16u * LANES + 4u * lane;
  let z = group.z / sizes.splits;
  let begin = (group.z % sizes.splits) * sizes.chunk;
  let end = min(begin + sizes.chunk, sizes.k);
  var c = vec4f(); var d = vec4f(); var e = vec4f(); var f = vec4f();
  for (var k = begin; k < end;) {
    var s = vec4f(); var t = vec4f(); var u = vec4f(); var v = vec4f();
    let start = k;
    for (let stop = min(k + 32u, end); k < stop; k += CODES) {
      let low = left(z, row, k);
      var high = vec4f();
      if (CODES == 8u) { high = left(z, row, k + 4u); }
      s += part(column, k, low, high);
      t += part(column + 4u * LANES, k, low, high);
      u += part(column + 8u * LANES, k, low, high);
      v += part(column + 12u * LANES, k, low, high);
    }
    c += s * group_scales(column, start);
    d += t * group_scales(column + 4u * LANES, start);
    e += u * group_scales(column + 8u * LANES, start);
    f += v * group_scales(column + 12u * LANES, start);
  }
  var results = array<vec4f, 4>(c, d, e, f);
  // A loop, so that the epilogue is compiled once.
  for (var i = 0u; i < 4u; i++) {
    put(group.z, row, column + 4u * i * LANES, results[i] * row_scales(column + 4u * i * LANES));
  }
}
