// Owned rows: φ(q). Link queries.wgsl.
fn owned_rows() -> u32 { return sizes.t; }
fn owned_visible(b: u32) -> u32 { return sizes.t; }
fn owner(b: u32, head: u32, row: u32, i: u32) -> f32 { return query_feature(b, head, row, i); }
