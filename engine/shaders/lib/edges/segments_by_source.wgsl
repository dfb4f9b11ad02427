// Segment n has the edges that come from node n: the transposed order. N + 1 offsets, and behind them the numbers of
// the edges, in one buffer, because kernels that read all of an edge have no binding to spare.
@group(0) @binding(2) var<storage, read> by_source: array<u32>;

fn segment_begin(n: u32) -> u32 { return by_source[n]; }
fn segment_end(n: u32) -> u32 { return by_source[n + 1u]; }
fn edge_at(k: u32) -> u32 { return by_source[sizes.segments + 1u + k]; }
