// Chunks' states, in place, into what a chunk looks at: the sum of all earlier ones (direction 0), of all later ones (1),
// or, in the first chunk's place, of all (2). state (N, chunks, width); an invocation owns one number of the state,
// and adds in a fixed order.
const LANES: u32 = 64;

struct ScanSizes { n: u32, chunks: u32, width: u32, direction: u32 }
@group(0) @binding(0) var<storage, read_write> state: array<f32>;
@group(0) @binding(1) var<uniform> sizes: ScanSizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = (group.x + group.y * groups.x) * LANES + lane;
  if (own >= sizes.n * sizes.width) { return; }
  let base = own / sizes.width * sizes.chunks * sizes.width + own % sizes.width;
  var sum = 0.0;
  for (var n = 0u; n < sizes.chunks; n++) {
    let at = base + select(n, sizes.chunks - 1u - n, sizes.direction == 1u) * sizes.width;
    let own_part = state[at];
    if (sizes.direction != 2u) { state[at] = sum; }
    sum += own_part;
  }
  if (sizes.direction == 2u) { state[base] = sum; }
}
