// Operands of the backward kernels that own queries: A is q against keys, B is dout against values.
fn mine_a(at: u32) -> F { return F(q[at]); }
fn mine_b(at: u32) -> F { return F(dout[at]); }
fn a_at(row: u32, i: u32, at: Rows) -> F { return F(kv[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(kv[at.base + min(row, at.last) * at.stride + i]); }
