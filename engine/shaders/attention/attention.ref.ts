import { random4 } from '../lib/random';

/** A number for query row t and key j of head h in sequence b. */
export type Pairwise = (b: number, h: number, t: number, j: number) => number;

/** Sizes and options of a reference call; tensors are (B, T, H, D), (B, S, G, D), (B, S, G, D) in float64. */
export interface AttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly causal: boolean;
  readonly scale?: number;
  readonly lengths?: ArrayLike<number>;
  /** Position of query row 0 among the keys; default S - T. */
  readonly start?: number;
  /** Keys at most this far before and after a query's position. */
  readonly window?: { readonly left: number; readonly right: number };
  /** Whether a pair sees each other, beside what the other fields say. */
  readonly sees?: (b: number, t: number, j: number) => boolean;
  readonly softcap?: number;
  readonly bias?: Pairwise;
  /** What a probability is multiplied by after softmax: dropout. */
  readonly kept?: Pairwise;
  /** Applied after every operation: Math.fround gives plain attention in f32, sums from left to right. */
  readonly round?: (x: number) => number;
  /**
   * Applied to what plain attention writes to memory: scores, capped and biased ones, probabilities, thinned ones,
   * outputs, and what the backward has of each. Scales are the matrix products' own.
   */
  readonly store?: (x: number) => number;
}

/**
 * `round` and `store`, each where it is given. Calls of what is not known to the compiler would take most of the time of a
 * reference: it can see through these for float64 and f32.
 */
function roundingOf({ round, store }: AttentionSizes) {
  const single = round === Math.fround;
  const f = (x: number): number => (single ? Math.fround(x) : round ? round(x) : x);
  const s = (x: number): number => (store ? store(x) : x);
  return { f, s };
}

interface Row {
  readonly b: number;
  readonly h: number;
  readonly t: number;
  /** Probabilities (S). */
  readonly p: Float64Array;
  readonly lse: number;
  /** d logit / d (q·k) (S), the scale included. */
  readonly slope: Float64Array;
}

/** Calls `visit` for each query row with its probabilities, computed in full. */
export function eachRow(
  q: Float64Array,
  k: Float64Array,
  z: AttentionSizes,
  visit: (row: Row) => void,
): void {
  const { B, T, S, heads: H, keyValueHeads: G, D } = z;
  const { f, s } = roundingOf(z);
  const scale = f(z.scale ?? 1 / Math.sqrt(D));
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const position = t + (z.start ?? S - T);
      const right = Math.min(z.causal ? 0 : Infinity, z.window?.right ?? Infinity);
      const visible = (j: number): boolean =>
        j < Math.min(S, z.lengths?.[b] ?? S) &&
        j <= position + right &&
        j >= position - (z.window?.left ?? Infinity) &&
        (z.sees?.(b, t, j) ?? true);
      for (let h = 0; h < H; h++) {
        const g = Math.floor((h * G) / H);
        const p = new Float64Array(S).fill(-Infinity);
        const slope = new Float64Array(S).fill(scale);
        for (let j = 0; j < S; j++) {
          if (!visible(j)) continue;
          let sum = 0;
          for (let d = 0; d < D; d++)
            sum = f(sum + f(q[((b * T + t) * H + h) * D + d] * k[((b * S + j) * G + g) * D + d]));
          let logit = s(f(sum * scale));
          if (z.softcap) {
            const y = f(Math.tanh(f(logit / z.softcap)));
            logit = s(f(z.softcap * y));
            slope[j] = f(scale * f(1 - f(y * y)));
          }
          p[j] = z.bias ? s(f(logit + z.bias(b, h, t, j))) : logit;
        }
        // Loops, for suites spend their time here.
        let m = -Infinity;
        for (let j = 0; j < S; j++) m = Math.max(m, p[j]);
        const seen = m > -Infinity;
        let l = 0;
        for (let j = 0; j < S; j++) {
          p[j] = seen && p[j] > -Infinity ? f(Math.exp(f(p[j] - m))) : 0;
          l = f(l + p[j]);
        }
        if (seen) for (let j = 0; j < S; j++) p[j] = s(f(p[j] / l));
        visit({ b, h, t, p, lse: seen ? f(m + f(Math.log(l))) : 0, slope });
      }
    }
  }
}

/** softmax(mask(softcap(scale q kᵀ) + bias)) v. */
export function attentionRef(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  z: AttentionSizes,
): Float64Array {
  const { T, S, heads: H, keyValueHeads: G, D } = z;
  const { f, s } = roundingOf(z);
  const out = new Float64Array(q.length);
  eachRow(q, k, z, ({ b, h, t, p }) => {
    const g = Math.floor((h * G) / H);
    for (let j = 0; j < S; j++) {
      const weight = s(f(p[j] * (z.kept?.(b, h, t, j) ?? 1)));
      if (weight === 0) continue;
      for (let d = 0; d < D; d++) {
        const to = ((b * T + t) * H + h) * D + d;
        out[to] = f(out[to] + f(weight * v[((b * S + j) * G + g) * D + d]));
      }
    }
  });
  return out.map(s);
}

/**
 * dv = (p kept)ᵀ dout; dp = kept (dout vᵀ); ds = p (dp - Σ p dp); dq = slope ds k; dk = (slope ds)ᵀ q. `bias` is called
 * with each pair's ds, which is its bias's gradient.
 */
export function attentionRefGrad(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  dout: Float64Array,
  z: AttentionSizes,
  bias?: (b: number, h: number, t: number, j: number, ds: number) => void,
): { q: Float64Array; k: Float64Array; v: Float64Array } {
  const { T, S, heads: H, keyValueHeads: G, D } = z;
  const { f, s } = roundingOf(z);
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  const kept = new Float64Array(S).fill(1);
  eachRow(q, k, z, ({ b, h, t, p, slope }) => {
    const g = Math.floor((h * G) / H);
    const row = ((b * T + t) * H + h) * D;
    const at = (j: number): number => ((b * S + j) * G + g) * D;
    if (z.kept) for (let j = 0; j < S; j++) kept[j] = z.kept(b, h, t, j);
    const dp = new Float64Array(S);
    for (let j = 0; j < S; j++) {
      if (p[j] === 0) continue;
      for (let d = 0; d < D; d++) dp[j] = f(dp[j] + f(dout[row + d] * v[at(j) + d]));
      dp[j] = s(f(s(dp[j]) * kept[j]));
    }
    let delta = 0;
    for (let j = 0; j < S; j++) delta = f(delta + f(p[j] * dp[j]));
    for (let j = 0; j < S; j++) {
      const ds = s(f(p[j] * f(dp[j] - delta)));
      bias?.(b, h, t, j, ds);
      if (p[j] === 0) continue;
      const product = z.softcap ? s(f(ds * slope[j])) : f(ds * slope[j]);
      const weight = s(f(p[j] * kept[j]));
      for (let d = 0; d < D; d++) {
        dq[row + d] = f(dq[row + d] + f(product * k[at(j) + d]));
        dk[at(j) + d] = f(dk[at(j) + d] + f(product * q[row + d]));
        dv[at(j) + d] = f(dv[at(j) + d] + f(weight * dout[row + d]));
      }
    }
  });
  return { q: dq.map(s), k: dk.map(s), v: dv.map(s) };
}

/** What score.wgsl multiplies probabilities by, bit by bit: its twin. */
export function keptRef(
  step: { readonly seed: number; readonly index: number },
  { heads, S, rate, stream = 0 }: { heads: number; S: number; rate: number; stream?: number },
): Pairwise {
  const threshold = Math.floor(rate * 2 ** 32);
  const noise = new Uint32Array(4);
  return (b, h, t, j) => {
    random4(step, stream, b * heads + h, noise);
    let x = Math.imul(t * S + j + noise[0], 0x9e3779b9) >>> 0;
    x = Math.imul(x ^ (x >>> 16) ^ noise[1], 0x7feb352d) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    return x >= threshold ? 1 / (1 - rate) : 0;
  };
}
