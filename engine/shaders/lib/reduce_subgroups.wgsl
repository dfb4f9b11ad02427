enable subgroups;
// reduce.wgsl for devices with subgroups: two barriers and one pass over workgroup memory, whatever the subgroup
// size is and however lanes map to subgroups (WGSL promises neither). Each subgroup leaves its result in the slot of
// its elected lane and the neutral value in the others; then every subgroup reduces all slots in the same way.
const LANES: u32 = 64;

var<workgroup> slots: array<f32, LANES>;
var<workgroup> slots2: array<vec2f, LANES>;
var<workgroup> slots4: array<vec4f, LANES>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
  let own = subgroupAdd(value);
  slots[lane] = select(0.0, own, subgroupElect());
  let id = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = id; i < LANES; i += size) { sum += slots[i]; }
  let total = subgroupAdd(sum);
  workgroupBarrier(); // the next call overwrites slots
  return total;
}

// Two sums for the barriers of one.
fn workgroup_sum2(value: vec2f, lane: u32) -> vec2f {
  let own = subgroupAdd(value);
  slots2[lane] = select(vec2f(), own, subgroupElect());
  let id = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  workgroupBarrier();
  var sum = vec2f();
  for (var i = id; i < LANES; i += size) { sum += slots2[i]; }
  let total = subgroupAdd(sum);
  workgroupBarrier();
  return total;
}

fn workgroup_max(value: f32, lane: u32) -> f32 {
  let own = subgroupMax(value);
  slots[lane] = own;
  let id = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  workgroupBarrier();
  var most = own;
  for (var i = id; i < LANES; i += size) { most = max(most, slots[i]); }
  let all = subgroupMax(most);
  workgroupBarrier();
  return all;
}

// Four at once.
fn workgroup_sum4(value: vec4f, lane: u32) -> vec4f {
  let own = subgroupAdd(value);
  slots4[lane] = select(vec4f(), own, subgroupElect());
  let id = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  workgroupBarrier();
  var sum = vec4f();
  for (var i = id; i < LANES; i += size) { sum += slots4[i]; }
  let total = subgroupAdd(sum);
  workgroupBarrier();
  return total;
}

fn workgroup_max4(value: vec4f, lane: u32) -> vec4f {
  let own = subgroupMax(value);
  slots4[lane] = own;
  let id = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  workgroupBarrier();
  var most = own;
  for (var i = id; i < LANES; i += size) { most = max(most, slots4[i]); }
  let all = subgroupMax(most);
  workgroupBarrier();
  return all;
}
