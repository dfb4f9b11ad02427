// Largest numbers and sums of the rows of tile_outer.wgsl, of which eight lanes share each: through `slice`, in the order of the
// lanes. reduce_subgroups.wgsl declares the same functions. Call where nobody reads `slice`.
fn share(x: Numbers, lane: u32) {
  let to = lane % 8u * QUADS + lane / 8u % 8u;
  slice[to] = x.upper;
  if (LOWER) { slice[to + 8u] = x.lower; }
  workgroupBarrier();
}
fn rows_largest(x: Numbers, lane: u32) -> Numbers {
  share(x, lane);
  let down = lane / 8u % 8u;
  var y = x;
  for (var n = 0u; n < 8u; n++) {
    y.upper = max(y.upper, slice[n * QUADS + down]);
    if (LOWER) { y.lower = max(y.lower, slice[n * QUADS + 8u + down]); }
  }
  workgroupBarrier();
  return y;
}
fn rows_total(x: Numbers, lane: u32) -> Numbers {
  share(x, lane);
  let down = lane / 8u % 8u;
  var y = Numbers(vec4f(), vec4f());
  for (var n = 0u; n < 8u; n++) {
    y.upper += slice[n * QUADS + down];
    if (LOWER) { y.lower += slice[n * QUADS + 8u + down]; }
  }
  workgroupBarrier();
  return y;
}
