// y[n] = table[ids[n] - first], zeros where that is not below `rows` (IGNORE_INDEX). ids (N), table (rows, C) packed, y (N, C) of
// T. MORE: the table is a later part of a larger one, so other ids keep what they have. An invocation owns four columns of a
// row. Link lib/elementwise and lib/packed_int8 or packed_int4.
const MORE: bool = false;
alias T = f32;
alias PACKED = u32;

struct Sizes { n: u32, c: u32, first: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<PACKED>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn word(at: u32) -> u32 {
  return table[at];
}

fn point(i: u32) {
  let quads = (sizes.c + 3u) / 4u;
  let n = i / quads;
  let j = i % quads * 4u;
  let row = ids[n] - sizes.first; // wraps around below `first`, to no row
  if (MORE && row >= sizes.rows) { return; }
  var value = vec4f();
  if (row < sizes.rows) {
    let codes = word(row * row_words(sizes.c) + j / CODES);
    let scale = group_scale(sizes.rows, sizes.c, row, j) * row_scale(sizes.rows, sizes.c, row);
    value = decoded(codes, j / 4u % (CODES / 4u)) * scale;
  }
  let at = n * sizes.c + j;
  y[at] = T(value.x);
  if (j + 1u < sizes.c) { y[at + 1u] = T(value.y); }
  if (j + 2u < sizes.c) { y[at + 2u] = T(value.z); }
  if (j + 3u < sizes.c) { y[at + 3u] = T(value.w); }
}
