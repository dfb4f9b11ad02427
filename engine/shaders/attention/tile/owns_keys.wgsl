// Operands of the backward kernels that own keys: A is keys against queries, B is values against dout.
fn mine_a(at: u32) -> F { return F(kv[at]); }
fn mine_b(at: u32) -> F { return F(kv[at]); }
fn a_at(row: u32, i: u32, at: Rows) -> F { return F(q[at.base + min(row, at.last) * at.stride + i]); }
fn b_at(row: u32, i: u32, at: Rows) -> F { return F(dout[at.base + min(row, at.last) * at.stride + i]); }
