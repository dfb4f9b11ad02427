// Owned rows, one matrix a chunk, with zeros for rows and columns that do not exist: operands of plain products.
// An invocation owns four numbers of a row, of which `y` is a multiple: software adapters pay for each division.
// Link own_*.wgsl.
const LANES: u32 = 64;
@group(0) @binding(6) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * groups.x) * LANES + lane;
  let fours = sizes.y / 4;
  if (i >= sizes.stride * fours) { return; }
  let column = i % fours * 4;
  // Packed rows are (B, G, chunks, streams, chunk), streams being the heads of this side that share a key head;
  // `stride` is their number and `y` their width, of which x columns are in use.
  let packed_row = i / fours;
  let share = packed_row / sizes.chunk % sizes.streams;
  let number = packed_row / (sizes.chunk * sizes.streams);
  let key_head = number / sizes.chunks;
  let row = number % sizes.chunks * sizes.chunk + packed_row % sizes.chunk;
  let b = key_head / sizes.owner_heads;
  let head = key_head % sizes.owner_heads * sizes.streams + share;
  var x = vec4f();
  if (row < owned_visible(b)) {
    let four = owner4(b, head, row, column);
    x = select(vec4f(), four, column + vec4u(0u, 1u, 2u, 3u) < vec4u(sizes.x));
  }
  packed[i] = x;
}
