/**
 * How a token is drawn, from the logits (V) of a place: temperature, then the top-k likeliest, then of these the fewest that
 * hold top-p of the probability. As the engine's `sample` does it, so that what the page shows is what Heed draws from; here,
 * in the page, so that a slider needs no new pass through the model.
 */

export interface Sampling {
  /** 0: the likeliest token. */
  readonly temperature: number;
  /** 0: all tokens. */
  readonly topK: number;
  /** 1: all tokens. */
  readonly topP: number;
}

/** What takes a token out of the draw. */
export type Cut = 'temperature' | 'topK' | 'topP';

/** Logits with their tokens in order: the likeliest first, of equal ones the one with the lowest id, as the engine has it. */
export interface Ranked {
  readonly logits: Float32Array;
  readonly order: Uint32Array;
}

export function rank(logits: Float32Array): Ranked {
  const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  return { logits, order };
}

/** What is drawn from, rank by rank. */
export interface Shaped extends Ranked {
  /** Probabilities by rank before anything is cut, at this temperature; at 0 the model's own. */
  readonly before: Float64Array;
  /** The model's own probabilities, at temperature 1, by rank. */
  readonly own: Float64Array;
  /** Tokens that top-k leaves, and what these hold of all. */
  readonly topK: { readonly count: number; readonly mass: number };
  /** Tokens that are left in the end, and what these hold of what top-k left. */
  readonly topP: { readonly count: number; readonly mass: number };
  /** The cut that takes a rank out; null for those that may be drawn. */
  readonly cut: (rank: number) => Cut | null;
  /** With which probability a rank is drawn. */
  readonly share: (rank: number) => number;
}

export function shape(ranked: Ranked, { temperature, topK, topP }: Sampling): Shaped {
  const own = softmax(ranked, 1);
  const before = temperature === 0 ? own : softmax(ranked, temperature);
  const all = before.length;
  if (temperature === 0) {
    const first = { count: 1, mass: own[0] };
    return {
      ...{ ...ranked, own, before, topK: first, topP: { count: 1, mass: 1 } },
      cut: (rank) => (rank === 0 ? null : 'temperature'),
      share: (rank) => (rank === 0 ? 1 : 0),
    };
  }
  const byK = topK > 0 ? Math.min(topK, all) : all;
  const massK = sumOf(before, byK);
  let count = byK;
  if (topP < 1) {
    let sum = 0;
    count = 0;
    do sum += before[count++];
    while (count < byK && sum < topP * massK);
  }
  const left = count === byK ? massK : sumOf(before, count);
  return {
    ...{ ...ranked, own, before },
    topK: { count: byK, mass: byK === all ? 1 : massK },
    topP: { count, mass: count === byK ? 1 : left / massK },
    cut: (rank) => (rank < count ? null : rank < byK ? 'topP' : 'topK'),
    share: (rank) => (rank < count ? before[rank] / left : 0),
  };
}

/** The rank that a number from [0, 1) draws. */
export function draw({ topP, share }: Shaped, random: number): number {
  let sum = 0;
  for (let rank = 0; rank < topP.count - 1; rank++) {
    sum += share(rank);
    if (random < sum) return rank;
  }
  return topP.count - 1; // whatever rounding left over
}

/** Bits of surprise of a token: −log2 of the model's own probability. */
export const surprise = (probability: number): number => -Math.log2(probability);

function softmax({ logits, order }: Ranked, temperature: number): Float64Array {
  const most = logits[order[0]];
  const weights = Float64Array.from(order, (id) => Math.exp((logits[id] - most) / temperature));
  const sum = sumOf(weights, weights.length);
  return weights.map((weight) => weight / sum);
}

function sumOf(values: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  return sum;
}
