// lse[n] = (m, log Σ_c exp(logits[n, c] - m)) with m the maximum of row n, and the loss of each row, for which link
// row_loss.wgsl. logits (N, V) of T, targets and row_losses (N), lse (N, 2).
// For software adapters: each invocation owns a row and reads it once, eight logits at a time, so that the running
// sum is rescaled once per eight; no barriers. Sums go on in stretches, because long ones lose digits. Link
// lib/hidden.wgsl.
const LANES: u32 = 16;
const STRETCH: u32 = 1024;
alias T = f32;

struct Sizes { n: u32, v: u32, first: u32, ignore: u32, epsilon: f32 } // row `first` + n of all is row n of the logits
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
  let at = sizes.first + row;
  let goal = targets[at];
  if (ignored(goal)) {
    lse[at] = vec2f();
    row_losses[at] = 0.0;
    return;
  }
  let start = row * sizes.v;
  let end = start + sizes.v;
  var i = start;
  var most = LOWEST; // -∞ never gets in here, so no difference is (-∞) - (-∞)
  var sum = 0.0;
  var total = 0.0;
  while (i + 8u <= end) {
    let stop = min(i + STRETCH, end);
    let before = most;
    var part = 0.0;
    var part_total = 0.0;
    for (; i + 8u <= stop; i += 8u) {
      let a = vec4f(f32(logits[i]), f32(logits[i + 1u]), f32(logits[i + 2u]), f32(logits[i + 3u]));
      let b = vec4f(f32(logits[i + 4u]), f32(logits[i + 5u]), f32(logits[i + 6u]), f32(logits[i + 7u]));
      let pair = max(a, b);
      let peak = max(max(pair.x, pair.y), max(pair.z, pair.w));
      if (peak > most) {
        part *= exp(most - peak);
        if (SMOOTHING && i > start) { total -= f32(i - start) * (peak - most); }
        most = peak;
      }
      let e = exp(a - most) + exp(b - most);
      part += (e.x + e.y) + (e.z + e.w);
      if (SMOOTHING) {
        let c = (a - most) + (b - most);
        part_total += (c.x + c.y) + (c.z + c.w);
      }
    }
    sum = sum * exp(before - most) + part;
    total += part_total;
  }
  for (; i < end; i++) {
    let x = f32(logits[i]);
    if (x > most) {
      sum *= exp(most - x);
      if (SMOOTHING && i > start) { total -= f32(i - start) * (x - most); }
      most = x;
    }
    sum += exp(x - most);
    if (SMOOTHING) { total += x - most; }
  }
  let spread = log_sum(sum);
  if (SMOOTHING && WEIGHTED) {
    total = 0.0;
    for (var c = 0u; c < sizes.v; c++) { total += class_weight(c) * (spread - (f32(logits[start + c]) - most)); }
  }
  lse[at] = vec2f(most, spread);
  row_losses[at] = row_loss(most, spread, total, f32(logits[start + goal]), goal);
}
