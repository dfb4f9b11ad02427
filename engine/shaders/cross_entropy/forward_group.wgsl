// lse[n] = (m, log Σ_c exp(logits[n, c] - m)) with m the maximum of row n, and the loss of each row, for which link
// row_loss.wgsl. logits (N, V) of T, targets and row_losses (N), lse (N, 2).
// For GPUs: a workgroup owns a row. Its lanes stride over the columns, each with its own running maximum and sum, which
// two workgroup reductions (link lib/hidden.wgsl, lib/reduce.wgsl) then join.
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
  let row = group.x + group.y * groups.x;
  if (row >= sizes.n) { return; }
  let v = sizes.v;
  let start = row * v;
  var most = LOWEST; // -∞ never gets in here, so no difference is (-∞) - (-∞)
  var sum = 0.0;
  var total = 0.0;
  var seen = 0.0;
  for (var c = lane; c < v; c += LANES) {
    let x = f32(logits[start + c]);
    if (x > most) {
      sum *= exp(most - x);
      if (SMOOTHING && seen > 0.0) { total -= seen * (x - most); }
      most = x;
    }
    sum += exp(x - most);
    if (SMOOTHING) {
      total += x - most;
      seen += 1.0;
    }
  }
  let peak = workgroup_max(most, lane);
  if (SMOOTHING && seen > 0.0) { total -= seen * (peak - most); }
  var joined = workgroup_sum2(vec2f(sum * exp(most - peak), total), lane);
  if (SMOOTHING && WEIGHTED) {
    total = 0.0;
    let spread = log_sum(joined.x);
    for (var c = lane; c < v; c += LANES) { total += class_weight(c) * (spread - (f32(logits[start + c]) - peak)); }
    joined.y = workgroup_sum2(vec2f(0.0, total), lane).y;
  }
  if (lane > 0u) { return; }
  let at = sizes.first + row;
  let goal = targets[at];
  if (ignored(goal)) {
    lse[at] = vec2f();
    row_losses[at] = 0.0;
    return;
  }
  lse[at] = vec2f(peak, log_sum(joined.x));
  row_losses[at] = row_loss(peak, log_sum(joined.x), joined.y, f32(logits[start + goal]), goal);
}
