// y[n] = table[ids[n]], zeros where the id is not below `rows` (IGNORE_INDEX). ids (N), table (V, C) of W,
// y (N, C) of T; c counts T. Link lib/elementwise.
alias T = f32;
alias W = f32;
alias F = f32;

struct Sizes { n: u32, c: u32, rows: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<W>;
@group(0) @binding(2) var<storage, read_write> y: array<T>;
@group(0) @binding(3) var<uniform> sizes: Sizes;

fn point(i: u32) {
  let id = ids[i / sizes.c];
  var value = F();
  if (id < sizes.rows) { value = F(table[id * sizes.c + i % sizes.c]); }
  y[i] = T(value);
}
