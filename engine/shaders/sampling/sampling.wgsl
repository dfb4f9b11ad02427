// ids[n] = a token drawn from softmax(logits[n] / temperature) cut to top_k, then to top_p and min_p; greedy at 0.
// logits (N, V) of T, ids (N). A workgroup owns a row, its lanes stride over the vocabulary; link graph/step,
// lib/random, keys, reduce, threshold and row_counter or given_counter. A row with an infinity or a NaN gives 0xffffffff.
//
// The draw is the Gumbel-max trick: argmax of logit / temperature - log(e), e exponentially distributed and a function of
// (seed, index, row or given counter, token) alone, is distributed as softmax. It needs no running sum and no order of the lanes.
alias T = f32;

struct Sizes { n: u32, v: u32, first: u32, stream: u32, key_levels: u32, index_levels: u32, cuts: u32, side: u32 }
@group(0) @binding(0) var<storage, read> logits: array<T>;
@group(0) @binding(1) var<storage, read_write> ids: array<u32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

// (logit - largest logit) / temperature from halves, so that nothing overflows; `sharpness` = 2 / temperature
fn scaled(key: u32, half_top: f32, sharpness: f32) -> f32 {
  return max((0.5 * number_of(key) - half_top) * sharpness, -1e30);
}

// Exponentially distributed from one random word: -log(1 - u). The smallest ones win draws, so there a series keeps
// the precision that log loses near 1.
fn exponential(word: u32) -> f32 {
  let u = min((f32(word) + 0.5) * 2.3283064e-10, 0.99999994);
  if (u < 0.015625) { return u * (1.0 + u * (0.5 + u * (0.33333333 + u * 0.25))); }
  return -log(1.0 - u);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own_row = group.x + group.y * groups.x;
  if (own_row >= sizes.n) { return; }
  let row = sizes.first + own_row; // of all
  // Uniforms are read before the loops: software adapters read them again each time.
  let v = sizes.v;
  let start = own_row * v;
  var own = vec2u(0u, 0xffffffffu);
  for (var i = lane; i < v; i += LANES) {
    own = better(own, vec2u(key_of(f32(logits[start + i])), i));
  }
  let largest = workgroup_best(own, lane);
  var id = largest.y;
  if (now.temperature > 0.0) {
    let half_top = 0.5 * number_of(min(largest.x, LARGEST));
    let sharpness = 2.0 / max(now.temperature, 1e-6);
    let stream = sizes.stream;
    let counter = counter_of(row, v);
    var cut = Cut(0u, 0xffffffffu);
    // First top_k, then top_p; a loop, because compilers would inline two calls.
    for (var by_weight = 0u; by_weight < sizes.cuts; by_weight++) {
      if (by_weight == 0u && (now.top_k == 0u || now.top_k >= v)) { continue; }
      if (by_weight == 1u && now.top_p >= 1.0) { continue; }
      let share = select(f32(now.top_k), now.top_p, by_weight == 1u);
      cut = narrow(start, cut, half_top, sharpness, by_weight == 1u, share, lane);
    }
    // A share of the largest probability is a distance from the largest logit, whatever was cut before.
    let least = select(-3e38, log(max(now.min_p, 1e-37)), now.min_p > 0.0);
    own = vec2u(0u, 0xffffffffu);
    for (var i = lane; i < v; i += LANES) {
      let key = key_of(f32(logits[start + i]));
      let height = scaled(key, half_top, sharpness);
      if (kept(cut, key, i) && height >= least) {
        let e = exponential(random4(counter + i, stream).x);
        own = better(own, vec2u(key_of(height - log(e)), i));
      }
    }
    id = workgroup_best(own, lane).y;
  }
  if (lane == 0u) { ids[row] = select(id, 0xffffffffu, largest.x > LARGEST || largest.x <= HIDDEN); }
}
