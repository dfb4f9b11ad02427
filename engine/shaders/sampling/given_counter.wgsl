// Draws of a row are keyed by a number that comes with it, wherever it stands.
@group(0) @binding(3) var<storage, read> counters: array<u32>;

fn counter_of(row: u32, v: u32) -> u32 { return counters[row]; }
