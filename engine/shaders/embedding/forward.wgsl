// y[n] = table[ids[n] - first], zeros where that is not below `rows` (IGNORE_INDEX). ids (N), table (rows, C) of W,
// y (N, C) of T; c counts T. MORE: the table is a later part of a larger one, so other ids keep what they have.
// Link lib/elementwise.
const MORE: bool = false;
alias T = f32;
alias W = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, first: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<W>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let id = ids[i / sizes.c] - sizes.first; // wraps around below `first`, to no row
  if (MORE && id >= sizes.rows) { return; }
  var value = F();
  if (id < sizes.rows) { value = F(table[id * sizes.c + i % sizes.c]); }
  y[i] = T(value);
}
