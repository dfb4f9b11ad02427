export interface RelativeSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly D: number;
  /** Keys that a query sees at most. */
  readonly window?: number;
}

/** What a probability is multiplied by after softmax: dropout. */
type Kept = (b: number, h: number, t: number, j: number) => number;

/** q (B, T, HD), kv (B, S, 2HD), r (S, HD), u and v (H, D). */
export interface RelativeInputs {
  readonly q: Float64Array;
  readonly kv: Float64Array;
  readonly r: Float64Array;
  readonly u: Float64Array;
  readonly v: Float64Array;
}

/** Where the parts of one pair begin in their arrays. */
interface Pair {
  readonly q: number;
  readonly k: number;
  readonly value: number;
  readonly r: number;
  readonly bias: number;
  /** Index of query and head, which is also where the result begins, over D. */
  readonly row: number;
  readonly kept: number;
}

/** Every visible pair, one query of one head after the other: straight from the formula, without a shift. */
function* queries({ B, T, S, heads, D, window = S }: RelativeSizes, kept: Kept): Generator<Pair[]> {
  const C = heads * D;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < heads; h++) {
        const row: Pair[] = [];
        for (let j = Math.max(0, t + S - T - window + 1); j <= t + S - T; j++) {
          const distance = t + S - T - j;
          row.push({
            q: (b * T + t) * C + h * D,
            k: (b * S + j) * 2 * C + h * D,
            value: (b * S + j) * 2 * C + C + h * D,
            r: (S - 1 - distance) * C + h * D,
            bias: h * D,
            row: (b * T + t) * heads + h,
            kept: kept(b, h, t, j),
          });
        }
        yield row;
      }
    }
  }
}

function probabilities({ q, kv, r, u, v }: RelativeInputs, pairs: readonly Pair[], D: number): number[] {
  const scores = pairs.map((p) => {
    let sum = 0;
    for (let d = 0; d < D; d++) {
      sum += (q[p.q + d] + u[p.bias + d]) * kv[p.k + d] + (q[p.q + d] + v[p.bias + d]) * r[p.r + d];
    }
    return sum / Math.sqrt(D);
  });
  const most = Math.max(...scores);
  const weights = scores.map((s) => Math.exp(s - most));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

export function relativeAttentionRef(
  x: RelativeInputs,
  sizes: RelativeSizes,
  kept: Kept = () => 1,
): Float64Array {
  const { D } = sizes;
  const y = new Float64Array(x.q.length);
  for (const pairs of queries(sizes, kept)) {
    const p = probabilities(x, pairs, D);
    for (const [n, pair] of pairs.entries()) {
      for (let d = 0; d < D; d++) y[pair.row * D + d] += p[n] * pair.kept * x.kv[pair.value + d];
    }
  }
  return y;
}

export function relativeAttentionRefGrad(
  x: RelativeInputs,
  dy: Float64Array,
  sizes: RelativeSizes,
  kept: Kept = () => 1,
): { readonly [K in keyof RelativeInputs]: Float64Array } {
  const { D } = sizes;
  const { q, kv, r, u, v } = x;
  const zeros = (like: Float64Array): Float64Array => new Float64Array(like.length);
  const dx = { q: zeros(q), kv: zeros(kv), r: zeros(r), u: zeros(u), v: zeros(v) };
  for (const pairs of queries(sizes, kept)) {
    const p = probabilities(x, pairs, D);
    const dp = pairs.map((pair) => {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += dy[pair.row * D + d] * kv[pair.value + d];
      return sum * pair.kept;
    });
    const mean = dp.reduce((sum, value, n) => sum + value * p[n], 0);
    for (const [n, pair] of pairs.entries()) {
      const dscore = (p[n] * (dp[n] - mean)) / Math.sqrt(D);
      for (let d = 0; d < D; d++) {
        const [iq, ik, ir, bias] = [pair.q + d, pair.k + d, pair.r + d, pair.bias + d];
        dx.kv[pair.value + d] += p[n] * pair.kept * dy[pair.row * D + d];
        dx.q[iq] += dscore * (kv[ik] + r[ir]);
        dx.u[bias] += dscore * kv[ik];
        dx.v[bias] += dscore * r[ir];
        dx.kv[ik] += dscore * (q[iq] + u[bias]);
        dx.r[ir] += dscore * (q[iq] + v[bias]);
      }
    }
  }
  return dx;
}
