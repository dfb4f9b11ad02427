// y = f(a b + bias) + residual on a GPU for up to four rows (decoding) of packed weights b (N, K), where reading b is all the
// work: a lane reads four words of codes at once. A workgroup's 64 invocations are K_LANES neighbours along K times 64 / K_LANES
// groups of four columns; the parts of K are added through workgroup memory in a fixed order.
// Link with left_*, places, lib/packed_*, packed_columns, out_* and epilogue_*.
const K_LANES: u32 = 64;
const ROWS: u32 = 4;
alias PACKED = u32;

@group(0) @binding(1) var<storage, read> b: array<vec4<PACKED>>;

fn word(at: u32) -> u32 {
  return b[at / 4u][at % 4u];
}

var<workgroup> partial: array<vec4f, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let along = lane % K_LANES;
  let column = (group.x * (64u / K_LANES) + lane / K_LANES) * 4u;
  let z = group.z / sizes.splits;
  let range = span(group.z);
  let columns = four_columns(column);
  let starts = columns * vec4u(row_words(sizes.k) / 4u);
  var c0 = vec4f(); var c1 = vec4f(); var c2 = vec4f(); var c3 = vec4f();
  for (var k = range.x + along * 4u * CODES; k < range.y; k += K_LANES * 4u * CODES) {
    let at = starts + vec4u(k / (4u * CODES));
    let w0 = b[at.x]; let w1 = b[at.y]; let w2 = b[at.z]; let w3 = b[at.w];
    var s0 = vec4f(); var s1 = vec4f(); var s2 = vec4f(); var s3 = vec4f();
    for (var i = 0u; i < CODES; i++) { // four columns of four neighbours along K
      let own = i * 4u / CODES;
      let codes = decoded_columns(vec4u(w0[own], w1[own], w2[own], w3[own]), i % (CODES / 4u));
      s0 += left(z, 0u, k + 4u * i) * codes;
      if (ROWS > 1u) {
        s1 += left(z, 1u, k + 4u * i) * codes;
        s2 += left(z, 2u, k + 4u * i) * codes;
        s3 += left(z, 3u, k + 4u * i) * codes;
      }
    }
    let scales = group_scales(columns, k);
    c0 += s0 * scales; c1 += s1 * scales; c2 += s2 * scales; c3 += s3 * scales;
  }
  partial[lane] = c0;
  if (ROWS > 1u) {
    partial[lane + 64u] = c1;
    partial[lane + 128u] = c2;
    partial[lane + 192u] = c3;
  }
  workgroupBarrier();
  for (var half = K_LANES / 2u; half > 0u; half /= 2u) {
    if (along < half) {
      for (var i = lane; i < 64u * ROWS; i += 64u) { partial[i] += partial[i + half]; }
    }
    workgroupBarrier();
  }
  if (along == 0u) {
    let scales = row_scales(columns);
    for (var i = 0u; i < ROWS; i++) { put(group.z, i, column, partial[64u * i + lane] * scales); }
  }
}
