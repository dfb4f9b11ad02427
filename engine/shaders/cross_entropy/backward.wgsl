// forward was loss = mean of row losses, so now
//   dlogits[n, c] = dloss / count (softmax(logits[n])[c] - (1 - ε) [c = target] - ε/V),   0 in rows without a target;
// with class weights w (link class_weights.wgsl, else equal_weights.wgsl)
//   dlogits[n, c] = dloss / Σ w[target] (softmax(logits[n])[c] ((1 - ε) w[target] + ε/V Σ w) - (1 - ε) w[c] [c = target] - ε/V w[c]).
// dlogits (N, V) of T; with a file that declares read_logit, which may read dlogits itself: then the gradient takes the
// logits' place. A workgroup owns SPAN columns of one row, its lanes stride over them.
// Uniforms are read before the loop: software adapters read them again each time, and a load is what costs there.
const LANES: u32 = 64;
const SPAN: u32 = 1024;
const ADD: bool = false;
alias T = f32;

// hit = 1 - ε, even = ε/V; row `first` + n of all is row n of the logits
struct Sizes { n: u32, v: u32, first: u32, spans: u32, ignore: u32, hit: f32, even: f32 }
@group(0) @binding(0) var<storage, read_write> dlogits: array<T>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> lse: array<vec2f>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> dloss: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let id = group.x + group.y * groups.x;
  let row = id / sizes.spans;
  if (row >= sizes.n) { return; }
  let first = (id % sizes.spans) * SPAN;
  let last = min(first + SPAN, sizes.v);
  let start = row * sizes.v;
  let goal = targets[sizes.first + row];
  if (goal == sizes.ignore || goal >= sizes.v) {
    if (ADD) { return; }
    for (var c = first + lane; c < last; c += LANES) { dlogits[start + c] = T(0.0); }
    return;
  }
  let scale = dloss[0] * weight[0];
  let center = lse[sizes.first + row];
  let even = sizes.even;
  let hit = sizes.hit * class_weight(goal);
  let all = select(1.0, hit + even * weight[1], WEIGHTED);
  for (var c = first + lane; c < last; c += LANES) {
    let i = start + c;
    var d = exp((read_logit(i) - center.x) - center.y) * all - even * class_weight(c);
    d = (d - select(0.0, hit, c == goal)) * scale;
    if (ADD) { d += f32(dlogits[i]); }
    dlogits[i] = T(d);
  }
}
