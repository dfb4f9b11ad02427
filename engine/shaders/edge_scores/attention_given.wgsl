// Columns count as a (C) has them.
alias V = f32;
@group(0) @binding(8) var<storage, read> a: array<V>;

fn attend(column: u32) -> F { return F(a[column]); }
