// walk_group.wgsl for software adapters: an invocation owns a row, because there a barrier costs as much as ten loads.
const LANES: u32 = 16;

fn step_of() -> u32 { return 1u; }
fn row_of(group: u32, lane: u32) -> u32 { return group * LANES + lane; }
fn first_of(lane: u32) -> u32 { return 0u; }
fn sum2(value: vec2f, lane: u32) -> vec2f { return value; }
