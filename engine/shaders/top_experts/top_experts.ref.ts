/** Sizes of `topExpertsRef`. */
export interface TopExpertsSizes {
  /** E. */
  readonly experts: number;
  /** K. */
  readonly count: number;
  readonly normalize: boolean;
}

/** softmax of each row of logits (N, E). */
function probabilities(logits: Float64Array, experts: number): Float64Array {
  const p = new Float64Array(logits.length);
  for (let first = 0; first < logits.length; first += experts) {
    const row = logits.subarray(first, first + experts);
    const most = Math.max(...row);
    const sum = row.reduce((all, z) => all + Math.exp(z - most), 0);
    row.forEach((z, e) => (p[first + e] = Math.exp(z - most) / sum));
  }
  return p;
}

/** The likeliest experts of each row, of equal ones the lower number, and their weights: (N, K) each. */
export function topExpertsRef(
  logits: Float64Array,
  { experts, count, normalize }: TopExpertsSizes,
): { ids: Float64Array; weights: Float64Array } {
  const rows = logits.length / experts;
  const p = probabilities(logits, experts);
  const ids = new Float64Array(rows * count);
  const weights = new Float64Array(rows * count);
  for (let n = 0; n < rows; n++) {
    const order = Array.from({ length: experts }, (_, e) => e);
    const own = order.sort((a, b) => logits[n * experts + b] - logits[n * experts + a] || a - b);
    const sum = own.slice(0, count).reduce((all, e) => all + p[n * experts + e], 0);
    for (let j = 0; j < count; j++) {
      ids[n * count + j] = own[j];
      weights[n * count + j] = p[n * experts + own[j]] / (normalize ? sum : 1);
    }
  }
  return { ids, weights };
}

/** Of the weights' gradients (N, K) those of the logits, by the chain of softmax, choice and division. */
export function topExpertsRefGrad(
  logits: Float64Array,
  dweights: Float64Array,
  { experts, count, normalize }: TopExpertsSizes,
): Float64Array {
  const p = probabilities(logits, experts);
  const { ids } = topExpertsRef(logits, { experts, count, normalize });
  const dlogits = new Float64Array(logits.length);
  for (let n = 0; n * experts < logits.length; n++) {
    const chosen = Array.from(ids.subarray(n * count, (n + 1) * count));
    const dp = new Float64Array(experts);
    const sum = chosen.reduce((all, e) => all + p[n * experts + e], 0);
    const along = chosen.reduce((all, e, j) => all + p[n * experts + e] * dweights[n * count + j], 0);
    chosen.forEach((e, j) => {
      const d = dweights[n * count + j];
      dp[e] = normalize ? d / sum - along / (sum * sum) : d;
    });
    const mean = dp.reduce((all, d, e) => all + d * p[n * experts + e], 0);
    for (let e = 0; e < experts; e++) dlogits[n * experts + e] = p[n * experts + e] * (dp[e] - mean);
  }
  return dlogits;
}
