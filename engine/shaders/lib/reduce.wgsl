// Sum and maximum over a workgroup of LANES invocations (a power of two), for every invocation, in a fixed order.
// Uses workgroup barriers: all invocations must call together. reduce_subgroups.wgsl declares the same functions for
// devices with subgroups; choose by byCapability({ base: reduce, subgroups: reduceSubgroups }).
const LANES: u32 = 64;

var<workgroup> slots: array<f32, LANES>;
var<workgroup> slots2: array<vec2f, LANES>;
var<workgroup> slots4: array<vec4f, LANES>;

fn workgroup_sum(value: f32, lane: u32) -> f32 {
  slots[lane] = value;
  workgroupBarrier();
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    if (lane < reach) { slots[lane] += slots[lane + reach]; }
    workgroupBarrier();
  }
  let total = slots[0];
  workgroupBarrier(); // the next call overwrites slots
  return total;
}

// Two sums for the barriers of one.
fn workgroup_sum2(value: vec2f, lane: u32) -> vec2f {
  slots2[lane] = value;
  workgroupBarrier();
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    if (lane < reach) { slots2[lane] += slots2[lane + reach]; }
    workgroupBarrier();
  }
  let total = slots2[0];
  workgroupBarrier();
  return total;
}

fn workgroup_max(value: f32, lane: u32) -> f32 {
  slots[lane] = value;
  workgroupBarrier();
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    if (lane < reach) { slots[lane] = max(slots[lane], slots[lane + reach]); }
    workgroupBarrier();
  }
  let most = slots[0];
  workgroupBarrier();
  return most;
}

// Four at once.
fn workgroup_sum4(value: vec4f, lane: u32) -> vec4f {
  slots4[lane] = value;
  workgroupBarrier();
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    if (lane < reach) { slots4[lane] += slots4[lane + reach]; }
    workgroupBarrier();
  }
  let total = slots4[0];
  workgroupBarrier();
  return total;
}

fn workgroup_max4(value: vec4f, lane: u32) -> vec4f {
  slots4[lane] = value;
  workgroupBarrier();
  for (var reach = LANES / 2u; reach > 0u; reach /= 2u) {
    if (lane < reach) { slots4[lane] = max(slots4[lane], slots4[lane + reach]); }
    workgroupBarrier();
  }
  let most = slots4[0];
  workgroupBarrier();
  return most;
}
