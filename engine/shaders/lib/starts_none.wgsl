// The function of starts.wgsl where all sequences stand at now.position. Link graph/step.wgsl.
fn start_of(b: u32) -> u32 { return now.position; }
