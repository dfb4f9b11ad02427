// Numbers as whole ones of the same order, because WGSL's max may lose NaN: it is the greatest here, -0 equals 0, and 0
// is below all keys.
fn key(v: f32) -> u32 {
  let bits = bitcast<u32>(v);
  let size = bits & 0x7fffffffu;
  if (size > 0x7f800000u) { return 0xffffffffu; }
  return select(0x80000000u + size, 0x80000000u - size, bits >= 0x80000000u);
}
