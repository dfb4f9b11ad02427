import { eager, selfAttention, type Device } from '../../engine/index';

/** Eight tokens of four heads of 16: rows of queries, keys and values (8, 192) -> (8, 64). */
export async function smallest(device: Device, rows: Float32Array) {
  const { data } = await eager(device, { qkv: { shape: [1, 8, 192], data: rows } }, (g, { qkv }) =>
    selfAttention(g, qkv, { heads: 4, causal: true }),
  );
  return data;
}
