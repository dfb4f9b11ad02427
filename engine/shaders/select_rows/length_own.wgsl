// How many rows of a prompt are real: each sequence's own number, lengths (B).
@group(0) @binding(3) var<storage, read> lengths: array<u32>;

fn length_of(b: u32) -> u32 { return lengths[b]; }
