// In place of correct_tiles.wgsl where values are written as they are.
fn correct(y: ptr<function, Output>, matrix: u32, first: u32, lane: u32) { }
