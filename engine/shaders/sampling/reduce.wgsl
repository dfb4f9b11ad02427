// Reductions for every lane of SIDE² lanes, in a fixed order, two barriers each: SIDE lanes join SIDE slots each, then
// all join what those left. One call's last reads and the next one's first writes are of different arrays.
const SIDE: u32 = 2;
const LANES: u32 = SIDE * SIDE;

var<workgroup> sums: array<vec4f, LANES>;
var<workgroup> side_sums: array<vec4f, SIDE>;
var<workgroup> bests: array<vec2u, LANES>;
var<workgroup> side_bests: array<vec2u, SIDE>;

fn workgroup_sum4(value: vec4f, lane: u32) -> vec4f {
  sums[lane] = value;
  workgroupBarrier();
  let side = sizes.side; // equals SIDE; a uniform, so that no compiler unrolls the loops
  if (lane < SIDE) {
    var sum = vec4f();
    for (var j = 0u; j < side; j++) { sum += sums[lane * SIDE + j]; }
    side_sums[lane] = sum;
  }
  workgroupBarrier();
  var sum = vec4f();
  for (var j = 0u; j < side; j++) { sum += side_sums[j]; }
  return sum;
}

// (key, index): the larger key, of equal ones the lower index
fn better(a: vec2u, b: vec2u) -> vec2u {
  return select(a, b, b.x > a.x || (b.x == a.x && b.y < a.y));
}

fn workgroup_best(value: vec2u, lane: u32) -> vec2u {
  bests[lane] = value;
  workgroupBarrier();
  let side = sizes.side;
  if (lane < SIDE) {
    var best = bests[lane * SIDE];
    for (var j = 1u; j < side; j++) { best = better(best, bests[lane * SIDE + j]); }
    side_bests[lane] = best;
  }
  workgroupBarrier();
  var best = side_bests[0];
  for (var j = 1u; j < side; j++) { best = better(best, side_bests[j]); }
  return best;
}
