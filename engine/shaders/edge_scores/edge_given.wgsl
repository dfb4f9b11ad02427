// Edges have rows of their own, xe (E, C).
alias XE = f32;
@group(0) @binding(7) var<storage, read> xe: array<XE>;

fn of_edge(e: u32, column: u32) -> F { return F(xe[e * sizes.c + column]); }
