// x has a row for each edge.
fn row_of(e: u32) -> u32 { return e; }
