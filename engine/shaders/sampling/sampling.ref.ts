export interface SamplingSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP?: number;
}

/** The exact distribution that `sample` draws from, by sorting: one probability a token. */
export function sampleDistribution(
  logits: Float64Array,
  { temperature, topK, topP, minP = 0 }: SamplingSettings,
): Float64Array {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const probabilities = new Float64Array(logits.length);
  if (temperature === 0) {
    probabilities[order[0]] = 1;
    return probabilities;
  }
  const left = order.slice(0, topK > 0 ? topK : order.length);
  const weights = left.map((i) => Math.exp((logits[i] - logits[order[0]]) / temperature));
  const all = weights.reduce((a, b) => a + b, 0);
  let count = 0;
  let sum = 0;
  do sum += weights[count++];
  while (count < left.length && topP < 1 && sum < topP * all);
  if (topP >= 1) {
    count = left.length;
    sum = all;
  }
  while (weights[count - 1] < minP) sum -= weights[--count]; // the largest weighs 1
  for (let i = 0; i < count; i++) probabilities[left[i]] = weights[i] / sum;
  return probabilities;
}
