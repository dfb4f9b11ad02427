// How a kernel that serves both kinds of adapters walks along rows: here a workgroup owns a row, and its lanes read
// neighbours. walk_alone.wgsl declares the same functions. Link lib/reduce.wgsl.
fn step_of() -> u32 { return LANES; }
fn row_of(group: u32, lane: u32) -> u32 { return group; }
fn first_of(lane: u32) -> u32 { return lane; }
fn sum2(value: vec2f, lane: u32) -> vec2f { return workgroup_sum2(value, lane); }
