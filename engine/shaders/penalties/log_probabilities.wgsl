// Logits become the logarithms of their probabilities, in place: x - log Σ exp(x), a row of logits (N, V) of T at a time. A
// row with +∞ or NaN, or with nothing but -∞, stays. A workgroup owns a row, its lanes stride over it; link
// sampling/keys, sampling/reduce.
alias T = f32;

struct Sizes { n: u32, v: u32, side: u32 }
@group(0) @binding(0) var<storage, read_write> logits: array<T>;
@group(0) @binding(1) var<uniform> sizes: Sizes;

// x - largest from halves, so that nothing overflows
fn below(x: f32, half_top: f32) -> f32 { return 2.0 * max(0.5 * x - half_top, -8e37); }

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
  var top = 0u;
  for (var i = lane; i < v; i += LANES) { top = max(top, key_of(f32(logits[start + i]))); }
  let largest = workgroup_best(vec2u(top, lane), lane).x;
  let half_top = 0.5 * number_of(min(largest, LARGEST));
  var own = 0.0;
  for (var i = lane; i < v; i += LANES) { own += exp(max(below(f32(logits[start + i]), half_top), -100.0)); }
  let log_sum = log(workgroup_sum4(vec4f(own, 0.0, 0.0, 0.0), lane).x);
  if (largest > LARGEST || largest <= HIDDEN) { return; }
  for (var i = lane; i < v; i += LANES) {
    let x = f32(logits[start + i]);
    // -∞ stays what it is: never to be chosen.
    if (key_of(x) > HIDDEN) { logits[start + i] = T(below(x, half_top) - log_sum); }
  }
}
