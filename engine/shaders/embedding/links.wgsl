// Chains equal ids, so that the table's gradient needs no atomics and has one order: links[n] is the next position
// that holds the id of n, or N at the end; bit 31 is set where no earlier position holds it, at the head of a chain.
// Positions without a row (id not below `rows`, or `padding`) are no heads. ids, links (N).
// An invocation owns a position and looks both ways until it finds its id; frequent ids are found at once.
const LANES: u32 = 64;

struct Sizes { n: u32, rows: u32, padding: u32 }
@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read_write> links: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = (group.x + group.y * groups.x) * LANES + lane;
  if (n >= sizes.n) { return; }
  let id = ids[n];
  if (id >= sizes.rows || id == sizes.padding) {
    links[n] = sizes.n;
    return;
  }
  var next = n + 1u;
  for (; next < sizes.n; next++) {
    if (ids[next] == id) { break; }
  }
  var earlier = n;
  for (; earlier > 0u; earlier--) {
    if (ids[earlier - 1u] == id) { break; }
  }
  links[n] = next | select(0u, 0x80000000u, earlier == 0u);
}
