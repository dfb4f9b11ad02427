// The `count` likeliest tokens of each row that are not banned, best first, of equal ones the lowest id, and the
// logarithms of their probabilities under softmax(logits[row]), bans or not; with `given`, logits are those logarithms, and
// stay what they are. logits (N, V) of T, bans (N, M) ids in
// ascending order, then NONE, only (N): the one token that a row may take, or NONE. ids, logs (N, count); what there is
// not has id NONE and -3e38, all of a row with +∞ or NaN, or with nothing
// but -∞, NONE and 3e38. -∞ is never among them. Link sampling/keys, sampling/reduce.
//
// A workgroup owns a row. Its lanes stride over the vocabulary and each keeps the best of what it saw, sorted; since few
// tokens get that far, bans are looked up for those only. Then the lanes' lists are merged, one place a round.
const MOST: u32 = 4; // count at most
const NONE: u32 = 0xffffffff;
alias T = f32;

struct Sizes { n: u32, v: u32, first: u32, m: u32, halvings: u32, count: u32, given: u32, side: u32 }
@group(0) @binding(0) var<storage, read> logits: array<T>;
@group(0) @binding(1) var<storage, read> bans: array<u32>;
@group(0) @binding(2) var<storage, read> only: array<u32>;
@group(0) @binding(3) var<storage, read_write> ids: array<u32>;
@group(0) @binding(4) var<storage, read_write> logs: array<f32>;
@group(0) @binding(5) var<uniform> sizes: Sizes;

fn is_banned(row: u32, id: u32) -> bool {
  var low = row * sizes.m;
  var many = sizes.m; // that may hold it
  for (var step = 0u; step < sizes.halvings; step++) {
    let half = many / 2u;
    if (bans[low + half] <= id) { low += half; }
    many -= half;
  }
  return bans[low] == id;
}

// x - largest from halves, so that nothing overflows
fn below(x: f32, half_top: f32) -> f32 { return 2.0 * max(0.5 * x - half_top, -8e37); }

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own_row = group.x + group.y * groups.x;
  if (own_row >= sizes.n) { return; }
  let row = sizes.first + own_row; // of all
  let v = sizes.v;
  let start = own_row * v;
  let count = sizes.count;
  var keys: array<u32, MOST>;
  var tokens: array<u32, MOST>;
  for (var j = 0u; j < count; j++) {
    keys[j] = 0u;
    tokens[j] = NONE;
  }
  var top = 0u;
  var least = HIDDEN; // the last of the kept keys
  for (var i = lane; i < v; i += LANES) {
    let key = key_of(f32(logits[start + i]));
    top = max(top, key);
    if (key > least) {
      if (!is_banned(row, i)) {
        var moved = vec2u(key, i); // to place j; from there on all move down
        var moving = false;
        for (var j = 0u; j < count; j++) {
          moving = moving || moved.x > keys[j];
          if (moving) {
            let displaced = vec2u(keys[j], tokens[j]);
            keys[j] = moved.x;
            tokens[j] = moved.y;
            moved = displaced;
          }
        }
        least = max(keys[count - 1u], HIDDEN);
      }
    }
  }
  let largest = workgroup_best(vec2u(top, lane), lane).x;
  let half_top = 0.5 * number_of(min(largest, LARGEST));
  var own = 0.0;
  for (var i = lane; i < v; i += LANES) { own += exp(max(below(f32(logits[start + i]), half_top), -100.0)); }
  let log_sum = log(workgroup_sum4(vec4f(own, 0.0, 0.0, 0.0), lane).x);
  let broken = largest > LARGEST || largest <= HIDDEN;
  let forced = only[row];
  var at = 0u;
  for (var j = 0u; j < count; j++) {
    var head = vec2u(0u, NONE);
    if (at < count) { head = vec2u(keys[at], tokens[at]); }
    var best = workgroup_best(head, lane);
    if (best.y == head.y) { at++; }
    if (forced != NONE) { best.y = select(NONE, forced, j == 0u); }
    if (lane == 0u) {
      var id = best.y;
      var log_probability = -3e38;
      if (broken) {
        id = NONE;
        log_probability = 3e38;
      } else if (id < v) {
        let x = f32(logits[start + id]);
        log_probability = select(below(x, half_top) - log_sum, x, sizes.given == 1u);
      }
      ids[row * count + j] = id;
      logs[row * count + j] = log_probability;
    }
  }
}
