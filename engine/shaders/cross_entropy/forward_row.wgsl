// lse[n] = (m, log Σ_c exp(logits[n, c] - m)) with m the maximum of row n, and the loss of each row, for which link
// row_loss.wgsl. logits (N, V) of T, targets and row_losses (N), lse (N, 2).
// For software adapters: each invocation owns a row and reads it once, eight logits at a time, so that the running
// sum is rescaled once per eight; no barriers.
const LANES: u32 = 16;
alias T = f32;

struct Sizes { n: u32, v: u32, ignore: u32, epsilon: f32 }
@group(0) @binding(0) var<storage, read> logits: array<T>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> lse: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> row_losses: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (group.x + group.y * groups.x) * LANES + lane;
  if (row >= sizes.n) { return; }
  let goal = targets[row];
  if (ignored(goal)) {
    lse[row] = vec2f();
    row_losses[row] = 0.0;
    return;
  }
  var i = row * sizes.v;
  let end = i + sizes.v;
  var most = f32(logits[i]);
  var sum = 0.0;
  var total = 0.0;
  for (; i + 8u <= end; i += 8u) {
    let a = vec4f(f32(logits[i]), f32(logits[i + 1u]), f32(logits[i + 2u]), f32(logits[i + 3u]));
    let b = vec4f(f32(logits[i + 4u]), f32(logits[i + 5u]), f32(logits[i + 6u]), f32(logits[i + 7u]));
    let pair = max(a, b);
    let peak = max(max(pair.x, pair.y), max(pair.z, pair.w));
    if (peak > most) {
      sum *= exp(most - peak);
      most = peak;
    }
    let e = exp(a - most) + exp(b - most);
    sum += (e.x + e.y) + (e.z + e.w);
    if (SMOOTHING) {
      let c = a + b;
      total += (c.x + c.y) + (c.z + c.w);
    }
  }
  for (; i < end; i++) {
    let x = f32(logits[i]);
    if (x > most) {
      sum *= exp(most - x);
      most = x;
    }
    sum += exp(x - most);
    total += x;
  }
  lse[row] = vec2f(most, log(sum));
  row_losses[row] = row_loss(most, sum, total, f32(logits[row * sizes.v + goal]));
}
