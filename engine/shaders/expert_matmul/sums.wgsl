// Product z of the batch is a sum over the rows of expert z, which are whole tiles: the gradient of its matrix. Left, read
// transposed, is a row for each row of the tiles. Alternative to `span` and `left_at` of matmul/places.wgsl; link right_own.wgsl or
// right_listed.wgsl with it. Rows without a pair have gradients of 0.
const HEIGHT: u32 = 1;

@group(0) @binding(7) var<storage, read> starts: array<u32>;

fn left_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return row * columns; }
fn span(part: u32) -> vec2u { return HEIGHT * vec2u(starts[part], starts[part + 1u]); }
