// How many rows of a prompt are real: the run's number for all. Link graph/step.wgsl.
fn length_of(b: u32) -> u32 { return now.length; }
