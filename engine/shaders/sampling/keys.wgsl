// Floats as integers of the same order.
const LARGEST: u32 = 0xff7fffff; // key of the largest finite number
const HIDDEN: u32 = 0x00800000; // key of -∞, which stands for what is not to be chosen

// Integers in the order of floats. Both zeros are one; +∞ and NaN come out on top.
fn key_of(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let size = bits & 0x7fffffffu;
  let key = select(0x80000000u + size, 0x80000000u - size, bits > 0x7fffffffu);
  return select(key, 0xffffffffu, size > 0x7f800000u || bits == 0x7f800000u);
}

fn number_of(key: u32) -> f32 {
  return bitcast<f32>(select(0x80000000u | (0x80000000u - key), key ^ 0x80000000u, key > 0x7fffffffu));
}
