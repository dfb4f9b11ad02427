// Rows of the left matrix for a quad of neighbouring invocations, where they cannot swap: each loads all of them.
// Declares what rows_subgroups.wgsl does.
struct Rows { r0: mat4x4f, r1: mat4x4f, r2: mat4x4f, r3: mat4x4f }

// Which quarter column x of `Rows` belongs to, in invocation q of the quad.
fn quarter(q: u32, x: u32) -> u32 {
  return x;
}

// Column x of member r: a[row + 4 quarter(q, x) + r][k .. k + 3].
fn sixteen_rows(z: u32, row: u32, q: u32, k: u32) -> Rows {
  let s = left_block(z, row, k);
  let t = left_block(z, row + 4u, k);
  let u = left_block(z, row + 8u, k);
  let v = left_block(z, row + 12u, k);
  return Rows(
    mat4x4f(s[0], t[0], u[0], v[0]), mat4x4f(s[1], t[1], u[1], v[1]),
    mat4x4f(s[2], t[2], u[2], v[2]), mat4x4f(s[3], t[3], u[3], v[3]));
}

// Column x: a[row + quarter(q, x)][k .. k + 3].
fn four_rows(z: u32, row: u32, q: u32, k: u32) -> mat4x4f {
  return left_block(z, row, k);
}
