// Where each number of a key fades by itself: sum_id += Σ_j near_ij rows_jd e^(c_id - c_jd) over the rows j up to i, or with
// LATER Σ_l near_li rows_ld e^(c_ld - c_id) over the rows l from i on and their shares. near (B, N, chunks, shares · chunk, chunk)
// is 0 where there is nothing to add. An invocation owns a number of `sum`. Link log_decay.wgsl.
const LANES: u32 = 64;
const LATER: bool = false;
struct Sizes { n: u32, chunk: u32, shares: u32, width: u32, fours: u32 }
@group(0) @binding(0) var<storage, read_write> sum: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
@group(0) @binding(3) var<storage, read> near: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * groups.x) * LANES + lane;
  if (at >= sizes.n) { return; }
  let columns = sizes.fours * 4u;
  let d = at % columns;
  if (d >= sizes.width) { return; }
  let own = at / columns;
  let i = own % sizes.chunk;
  var total = 0.0;
  if (LATER) {
    let matrix = own / sizes.chunk;
    let line = matrix * sizes.chunk;
    let c = log_decay(line + i, d, sizes.width);
    for (var share = 0u; share < sizes.shares; share++) {
      let source = (matrix * sizes.shares + share) * sizes.chunk;
      for (var l = i; l < sizes.chunk; l++) {
        let kept = exp(log_decay(line + l, d, sizes.width) - c);
        total += near[(source + l) * sizes.chunk + i] * rows[(source + l) * columns + d] * kept;
      }
    }
  } else {
    let line = own / (sizes.chunk * sizes.shares) * sizes.chunk;
    let c = log_decay(line + i, d, sizes.width);
    for (var j = 0u; j <= i; j++) {
      let kept = exp(c - log_decay(line + j, d, sizes.width));
      total += near[own * sizes.chunk + j] * rows[(line + j) * columns + d] * kept;
    }
  }
  sum[at] += total;
}
