// mean (R, S): what each of R = N·K query rows attends to, the mean of its heads' softmax(scale · q·k) over the first
// lengths[n] keys; 0 beyond. q (R, C), keys (N, S, C) of KV, lengths (N). A workgroup owns a row, its lanes keys in turn:
// for each head one pass for the largest logit and the sum, one for the probabilities. Link lib/hidden, lib/reduce*.
alias T = f32;
alias KV = f32;

struct Sizes { rows: u32, beams: u32, s: u32, heads: u32, d: u32, scale: f32 }
@group(0) @binding(0) var<storage, read> q: array<T>;
@group(0) @binding(1) var<storage, read> keys: array<KV>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<uniform> sizes: Sizes;

fn logit(query: u32, key: u32) -> f32 {
  var sum = 0.0;
  for (var i = 0u; i < sizes.d; i++) { sum += f32(q[query + i]) * f32(keys[key + i]); }
  return sum * sizes.scale;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * groups.x;
  if (row >= sizes.rows) { return; }
  let c = sizes.heads * sizes.d;
  let n = row / sizes.beams;
  let visible = min(sizes.s, lengths[n]);
  for (var h = 0u; h < sizes.heads; h++) {
    let query = row * c + h * sizes.d;
    let first = n * sizes.s * c + h * sizes.d;
    var m = LOWEST;
    var l = 0.0;
    for (var s = lane; s < visible; s += LANES) {
      let x = logit(query, first + s * c);
      let higher = max(m, x);
      l = l * exp(m - higher) + exp(x - higher);
      m = higher;
    }
    let top = workgroup_max(m, lane);
    let sum = workgroup_sum(l * exp(m - top), lane);
    let share = select(1.0 / (sum * f32(sizes.heads)), 0.0, sum == 0.0);
    for (var s = lane; s < sizes.s; s += LANES) {
      var before = 0.0;
      if (h > 0u) { before = mean[row * sizes.s + s]; }
      if (s < visible) { before += exp(logit(query, first + s * c) - top) * share; }
      mean[row * sizes.s + s] = before;
    }
  }
}
