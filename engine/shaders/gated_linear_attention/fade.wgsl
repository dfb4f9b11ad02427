// Packed rows (B, N, chunks, shares · chunk, fours · 4) in place, times `scale` and the decay since the chunk began (FADE 1)
// or from the row to the chunk's end (2). An invocation owns four numbers. Link log_decay.wgsl.
const LANES: u32 = 64;
const FADE: u32 = 1;
struct Sizes { n: u32, chunk: u32, shares: u32, width: u32, fours: u32, scale: f32 }
@group(0) @binding(0) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let row = at / sizes.fours;
  let line = row / (sizes.chunk * sizes.shares) * sizes.chunk;
  var factor = vec4f();
  for (var c = 0u; c < 4u; c++) {
    let d = at % sizes.fours * 4u + c;
    let own = log_decay(line + row % sizes.chunk, d, sizes.width);
    if (FADE == 1u) {
      factor[c] = exp(own);
    } else {
      factor[c] = exp(log_decay(line + sizes.chunk - 1u, d, sizes.width) - own);
    }
  }
  packed[at] *= factor * sizes.scale;
}
