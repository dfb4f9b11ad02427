// Sequences that stand at positions of their own: starts (B) says how far each is ahead of now.position. Link
// graph/step.wgsl; starts_none.wgsl declares the same function where all stand at one.
@group(0) @binding(13) var<storage, read> starts: array<u32>;

fn start_of(b: u32) -> u32 { return now.position + starts[b]; }
