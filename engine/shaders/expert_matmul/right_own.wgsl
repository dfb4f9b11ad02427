// The right matrix of a sum has a row for each row of the tiles.
fn right_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return row * columns; }
