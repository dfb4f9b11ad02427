import { random4 } from '../lib/random';

/** 1 / (1 - p) where a number stays, 0 where it is dropped. Uses the TypeScript twin of lib/random.wgsl. */
export function dropoutMask(
  n: number,
  p: number,
  step: { readonly seed: number; readonly index: number },
  stream: number,
): Float64Array {
  const words = new Uint32Array(Math.ceil(n / 4) * 4);
  for (let i = 0; i < words.length; i += 4) random4(step, stream, i / 4, words, i);
  return Float64Array.from({ length: n }, (_, i) => (words[i] >= Math.floor(p * 2 ** 32) ? 1 / (1 - p) : 0));
}

/** Also its own gradient. */
export function dropoutRef(
  x: Float64Array,
  p: number,
  step: { readonly seed: number; readonly index: number },
  stream = 0,
): Float64Array {
  const mask = dropoutMask(x.length, p, step, stream);
  return x.map((v, i) => v * mask[i]);
}
