// The ids of experts that tokens have, which `count` and `place` read.
struct Sizes { pairs: u32, experts: u32, height: u32, tiles: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

fn expert_of(pair: u32) -> u32 { return min(ids[pair], sizes.experts - 1u); }
