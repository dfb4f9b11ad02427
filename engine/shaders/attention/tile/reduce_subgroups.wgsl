// The functions of reduce.wgsl by shuffles: subgroups hold eight neighbouring lanes or more.
enable subgroups;
fn largest_of_eight(x: vec4f) -> vec4f {
  let y = max(x, subgroupShuffleXor(x, 1u));
  let z = max(y, subgroupShuffleXor(y, 2u));
  return max(z, subgroupShuffleXor(z, 4u));
}
fn sum_of_eight(x: vec4f) -> vec4f {
  let y = x + subgroupShuffleXor(x, 1u);
  let z = y + subgroupShuffleXor(y, 2u);
  return z + subgroupShuffleXor(z, 4u);
}
fn rows_largest(x: Numbers, lane: u32) -> Numbers {
  var y = Numbers(largest_of_eight(x.upper), x.lower);
  if (LOWER) { y.lower = largest_of_eight(x.lower); }
  return y;
}
fn rows_total(x: Numbers, lane: u32) -> Numbers {
  var y = Numbers(sum_of_eight(x.upper), x.lower);
  if (LOWER) { y.lower = sum_of_eight(x.lower); }
  return y;
}
