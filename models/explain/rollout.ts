import type { Plan } from '../../engine/index';

/** Attention of a plan's layers in its last run, heads averaged: L maps (n, n) of the first n of a text's tokens, in float64. */
export async function meanMaps(plan: Plan, n: number): Promise<Float64Array[]> {
  const maps: Float64Array[] = [];
  for (let layer = 0; layer < plan.attentions.length; layer++) {
    const { shape, probabilities } = await plan.attention(layer, 'all');
    const [heads, T] = shape;
    const mean = new Float64Array(n * n);
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) mean[i * n + j] += probabilities[(h * T + i) * T + j] / heads;
    maps.push(mean);
  }
  return maps;
}

/** Attention rollout (Abnar and Zuidema 2020): half of each layer's map and half of what passes by it, multiplied from below. (T, T). */
export function rollout(maps: readonly Float64Array[], T: number): Float64Array {
  let flow = new Float64Array(T * T);
  for (let t = 0; t < T; t++) flow[t * T + t] = 1;
  for (const map of maps) {
    const next = new Float64Array(T * T);
    for (let i = 0; i < T; i++)
      for (let k = 0; k < T; k++) {
        const share = 0.5 * map[i * T + k] + (i === k ? 0.5 : 0);
        if (share === 0) continue;
        for (let j = 0; j < T; j++) next[i * T + j] += share * flow[k * T + j];
      }
    flow = next;
  }
  return flow;
}
