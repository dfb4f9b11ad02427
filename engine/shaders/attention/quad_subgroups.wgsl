enable subgroups;
// The functions of quad.wgsl with one load a lane: the other three rows come from the neighbours' registers. On
// SwiftShader a load costs as much as 30 multiply-adds and a swap less than one.
struct Four { a: F, b: F, c: F, d: F }

fn four_a(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  let own = a_at(row + lane, i, at);
  return Four(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}

fn four_b(row: u32, lane: u32, i: u32, at: Rows) -> Four {
  let own = b_at(row + lane, i, at);
  return Four(own, quadSwapX(own), quadSwapY(own), quadSwapDiagonal(own));
}
