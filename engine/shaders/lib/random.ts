import type { Graph } from '../../graph/graph';

/** What lib/random.wgsl draws, bit by bit. Writes four words for this counter into `into` from `at` on. */
export function random4(
  { seed, index }: { readonly seed: number; readonly index: number },
  stream: number,
  counter: number,
  into: Uint32Array,
  at = 0,
): void {
  const mix = (n: number): number => (Math.imul(n, 1_664_525) + 1_013_904_223) | 0;
  let [x, y, z, w] = [mix(counter), mix(stream), mix(index), mix(seed)];
  const round = (): void => {
    x = (x + Math.imul(y, w)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    w = (w + Math.imul(y, z)) | 0;
  };
  round();
  x ^= x >>> 16;
  y ^= y >>> 16;
  z ^= z >>> 16;
  w ^= w >>> 16;
  round();
  into.set([x, y, z, w], at);
}

const streams = new WeakMap<Graph, number>();

/** A number for each op of a graph that draws: 0, 1, 2 … in recording order, so equal graphs draw alike. */
export function nextStream(g: Graph): number {
  const stream = streams.get(g) ?? 0;
  streams.set(g, stream + 1);
  return stream;
}
