// Product z of the batch is a tile of rows, which all go to one expert: it has the matrix of that expert, and no terms where nobody
// needs the tile. Alternative to `span` and `right_at` of matmul/places.wgsl; link left_own.wgsl or left_listed.wgsl with it.
const EXPERTS: u32 = 1;

@group(0) @binding(7) var<storage, read> tile_of: array<u32>;

fn right_at(z: u32, row: u32, stride: u32, columns: u32) -> u32 { return tile_of[z] * stride + row * columns; }
fn span(part: u32) -> vec2u { return vec2u(0u, select(0u, sizes.k, tile_of[part] < EXPERTS)); }
