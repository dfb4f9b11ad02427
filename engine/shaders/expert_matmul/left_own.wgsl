// The left matrix has a row for each row of the tiles, as matmul/places.wgsl.
fn left_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return z * stride + row * columns; }
