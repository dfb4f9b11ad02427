// Segments of `span` edges each, whatever their nodes are: partial sums over all edges.
fn segment_begin(n: u32) -> u32 { return n * sizes.span; }
fn segment_end(n: u32) -> u32 { return min((n + 1u) * sizes.span, sizes.edges); }
fn edge_at(k: u32) -> u32 { return k; }
