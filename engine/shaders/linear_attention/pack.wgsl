// Owned rows, one matrix a chunk, with zeros for rows and columns that do not exist: operands of plain products.
// An invocation owns a number. Link own_*.wgsl.
const LANES: u32 = 64;
@group(0) @binding(6) var<storage, read_write> packed: array<f32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  if (i >= sizes.stride * sizes.y) { return; }
  let column = i % sizes.y;
  // Packed rows are (B, G, chunks, streams, chunk), streams being the heads of this side that share a key head;
  // `stride` is their number and `y` their width, of which x columns are in use.
  let packed_row = i / sizes.y;
  let share = packed_row / sizes.chunk % sizes.streams;
  let number = packed_row / (sizes.chunk * sizes.streams);
  let key_head = number / sizes.chunks;
  let row = number % sizes.chunks * sizes.chunk + packed_row % sizes.chunk;
  let b = key_head / sizes.owner_heads;
  let head = key_head % sizes.owner_heads * sizes.streams + share;
  var x = 0.0;
  if (row < owned_visible(b) && column < sizes.x) { x = 1.0 * owner(b, head, row, column); }
  packed[i] = x;
}
