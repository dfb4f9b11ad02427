enable subgroups;
// Rows of the left matrix for a quad of neighbouring invocations: each loads a quarter of them and gets the others by
// swapping. On a software adapter a swap costs one shuffle and a load costs as much as 35 of them.
struct Rows { r0: mat4x4f, r1: mat4x4f, r2: mat4x4f, r3: mat4x4f }

fn exchange(own: vec4f) -> mat4x4f {
  return mat4x4f(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}

// Which quarter column x of `Rows` belongs to, in invocation q of the quad.
fn quarter(q: u32, x: u32) -> u32 {
  return q ^ x;
}

// Column x of member r: a[row + 4 quarter(q, x) + r][k .. k + 3].
fn sixteen_rows(z: u32, row: u32, q: u32, k: u32) -> Rows {
  let own = left_block(z, row + 4u * q, k);
  return Rows(exchange(own[0]), exchange(own[1]), exchange(own[2]), exchange(own[3]));
}

// Column x: a[row + quarter(q, x)][k .. k + 3].
fn four_rows(z: u32, row: u32, q: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_A) {
    let all = left_block(z, row, k);
    let low = select(all[0], all[1], (q & 1u) == 1u);
    let high = select(all[2], all[3], (q & 1u) == 1u);
    return exchange(select(low, high, q >= 2u));
  }
  return exchange(left(z, row + q, k));
}
