// x has a row for each node, and edge e takes that of rows[e].
@group(0) @binding(4) var<storage, read> rows: array<u32>;

fn row_of(e: u32) -> u32 { return rows[e]; }
