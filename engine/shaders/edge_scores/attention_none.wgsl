// Columns are added up as they are.
fn attend(column: u32) -> F { return F(1.0); }
