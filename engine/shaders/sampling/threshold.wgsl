// What is kept of a row: keys above `key`, and those equal to it before `index`.
struct Cut { key: u32, index: u32 }

fn kept(cut: Cut, key: u32, i: u32) -> bool {
  return (key > cut.key) | ((key == cut.key) & (i < cut.index));
}

var<workgroup> crowded: u32;

// Of four parts, the one in which the sum from `done` on reaches `goal`, the last if none; the sum before it and its own.
struct Quarter { number: u32, done: f32, own: f32 }
fn quarter(sums: vec4f, done: f32, goal: f32) -> Quarter {
  var before = done;
  for (var b = 0u; b < 3u; b++) {
    if (sums[b] > 0.0 && before + sums[b] >= goal) { return Quarter(b, before, sums[b]); }
    before += sums[b];
  }
  return Quarter(3u, before, sums.w);
}

// The largest numbers of `within` whose weights reach `goal`, ties by lowest index: at least one number.
// By weight, numbers weigh exp(scaled) and `goal` is a share of all of `within`; else each weighs 1. No sorting: the
// threshold is found two bits of the key a pass, each pass adding up the weights of the four next digits.
fn narrow(start: u32, within: Cut, half_top: f32, sharpness: f32, by_weight: bool, share: f32, lane: u32) -> Cut {
  let v = sizes.v;
  var goal = share;
  var prefix = 0u;
  var at = Quarter(0u, 0.0, 0.0);
  for (var level = 0u; level < sizes.key_levels; level++) {
    let shift = 30u - 2u * level;
    var own = vec4f();
    for (var i = lane; i < v; i += LANES) {
      let key = key_of(f32(logits[start + i]));
      let digits = key >> shift;
      // No branch around this: software adapters run four lanes at once, and masks cost them more than the work.
      let hit = ((digits >> 2u) == prefix) & kept(within, key, i);
      let weight = select(1.0, exp(scaled(key, half_top, sharpness)), by_weight);
      own += select(vec4f(), vec4f(weight), (vec4u(digits & 3u) == vec4u(3u, 2u, 1u, 0u)) & vec4<bool>(hit));
    }
    let sums = workgroup_sum4(own, lane);
    if (by_weight && level == 0u) { goal *= (sums.x + sums.y) + (sums.z + sums.w); }
    at = quarter(sums, at.done, goal);
    prefix = (prefix << 2u) | (3u - at.number);
  }
  var each = 1.0;
  if (by_weight) { each = exp(scaled(prefix, half_top, sharpness)); }
  // How many of the equal numbers at the threshold are still needed, and whether there are more of them.
  let wanted = max(1.0, ceil((goal - at.done) / max(each, 1e-37)));
  if (lane == 0u) { crowded = select(0u, 1u, wanted * each < at.own - 0.5 * each); }
  var cut = Cut(prefix, within.index);
  if (prefix != within.key) { cut.index = 0xffffffffu; }
  if (workgroupUniformLoad(&crowded) == 0u) { return cut; }
  var place = 0u;
  var found = Quarter(0u, 0.0, 0.0);
  for (var level = 1u; level <= sizes.index_levels; level++) {
    let shift = 2u * (sizes.index_levels - level);
    var own = vec4f();
    for (var i = lane; i < v; i += LANES) {
      let digits = i >> shift;
      if ((digits >> 2u) == place && i < cut.index && key_of(f32(logits[start + i])) == prefix) {
        own += select(vec4f(), vec4f(1.0), vec4u(digits & 3u) == vec4u(0u, 1u, 2u, 3u));
      }
    }
    found = quarter(workgroup_sum4(own, lane), found.done, wanted);
    place = (place << 2u) | found.number;
  }
  cut.index = place + 1u;
  return cut;
}
