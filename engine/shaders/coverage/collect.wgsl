// covered[r] = covered[order[r]] + mean[r], of N sentences with K rows each, (N·K, S), from 0 at position 0; and
// penalty[r] = Σ log(min(covered[r, s], 1)) over the first lengths[n] places (Wu et al. 2016, equation 14). In place: a
// workgroup owns a sentence, an invocation its places in turn, and holds all rows of one before it writes.
// Link lib/reduce*, graph/step.
const MOST: u32 = 4; // K at most
const LEAST: f32 = 1e-20; // what nothing has attended to is not infinitely bad

struct Sizes { beams: u32, s: u32 }
@group(0) @binding(0) var<storage, read> mean: array<f32>;
@group(0) @binding(1) var<storage, read> order: array<u32>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> covered: array<f32>;
@group(0) @binding(4) var<storage, read_write> penalty: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.x;
  let beams = sizes.beams;
  let first = n * beams;
  let last = first + beams - 1u;
  let visible = min(sizes.s, lengths[n]);
  var held: array<f32, MOST>;
  var own: array<f32, MOST>;
  for (var k = 0u; k < beams; k++) { own[k] = 0.0; }
  for (var s = lane; s < sizes.s; s += LANES) {
    for (var k = 0u; k < beams; k++) {
      held[k] = 0.0;
      if (now.position > 0u) { held[k] = covered[clamp(order[first + k], first, last) * sizes.s + s]; }
    }
    for (var k = 0u; k < beams; k++) {
      let at = (first + k) * sizes.s + s;
      let sum = held[k] + mean[at];
      covered[at] = sum;
      if (s < visible) { own[k] += log(clamp(sum, LEAST, 1.0)); }
    }
  }
  for (var k = 0u; k < beams; k++) {
    let total = workgroup_sum(own[k], lane);
    if (lane == 0u) { penalty[first + k] = total; }
  }
}
