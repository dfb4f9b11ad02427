// Packed results to where they belong. TOTAL: column x has the denominators. An invocation owns four numbers of a row,
// of which `y` is a multiple: software adapters pay for each division.
// Link own_*.wgsl, and out.wgsl, dq.wgsl, dk.wgsl or dv.wgsl.
const LANES: u32 = 64;
const TOTAL: bool = false;
@group(0) @binding(6) var<storage, read> packed: array<vec4f>;

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
  if (row >= owned_rows() || column >= sizes.x) { return; }
  let x = packed[i];
  var total = 0.0;
  if (TOTAL) { total = packed[packed_row * fours + sizes.x / 4][sizes.x % 4]; }
  finish(b, head, row, column, x.x, total);
  if (column + 1 < sizes.x) { finish(b, head, row, column + 1, x.y, total); }
  if (column + 2 < sizes.x) { finish(b, head, row, column + 2, x.z, total); }
  if (column + 3 < sizes.x) { finish(b, head, row, column + 3, x.w, total); }
}
