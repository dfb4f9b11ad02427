// Segment n has the edges from offsets[n] up to offsets[n + 1]: those that go to node n, since edges are sorted by target.
@group(0) @binding(2) var<storage, read> offsets: array<u32>;

fn segment_begin(n: u32) -> u32 { return offsets[n]; }
fn segment_end(n: u32) -> u32 { return offsets[n + 1u]; }
fn edge_at(k: u32) -> u32 { return k; }
