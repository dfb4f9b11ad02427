// In place of correct_tiles_back.wgsl where values are written as they are.
fn remove_later(y: ptr<function, Output>, matrix: u32, lane: u32) { }
fn take(o: ptr<function, Output>, y: ptr<function, Output>, line: u32, d0: u32, lane: u32) { }
