// lse[n] = (m, log Σ_c exp(logits[n, c] - m)) with m the maximum of row n, and the loss of each row, for which link
// row_loss.wgsl. logits (N, V) of T, targets and row_losses (N), lse (N, 2).
// For GPUs: a workgroup owns a row. Its lanes stride over the columns, each with its own running maximum and sum, which
// two workgroup reductions (link lib/reduce.wgsl) then join.
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
  let row = group.x + group.y * groups.x;
  if (row >= sizes.n) { return; }
  let v = sizes.v;
  let start = row * v;
  // The first logit stands in for lanes without a column: it is no larger than the row's maximum.
  var most = f32(logits[start]);
  var sum = 0.0;
  var total = 0.0;
  for (var c = lane; c < v; c += LANES) {
    let x = f32(logits[start + c]);
    if (x > most) {
      sum *= exp(most - x);
      most = x;
    }
    sum += exp(x - most);
    total += x;
  }
  let peak = workgroup_max(most, lane);
  let joined = workgroup_sum2(vec2f(sum * exp(most - peak), total), lane);
  if (lane > 0u) { return; }
  let goal = targets[row];
  if (ignored(goal)) {
    lse[row] = vec2f();
    row_losses[row] = 0.0;
    return;
  }
  lse[row] = vec2f(peak, log(joined.x));
  row_losses[row] = row_loss(peak, joined.x, joined.y, f32(logits[start + goal]));
}
