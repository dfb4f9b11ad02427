/** What a plan answers when asked for its attention. */

/** Probabilities of one attention call in the last run, before dropout; by the parameters as they are when asked for. */
export class AttentionMap {
  /** The heads shown; empty if they were combined into one map. */
  readonly heads: readonly number[];
  /** First query row shown, and the row after the last. */
  readonly from: number;
  readonly to: number;
  /** Keys; of a cache, those that were filled. */
  readonly S: number;
  /** (maps, rows, S), row-major: one map for each of `heads`, or a single one. Rows sum to 1, or to 0 if they see no key. */
  readonly probabilities: Float32Array;
  /** dL/dp, as `probabilities`, 0 where a key is not seen; null if it was not asked for. */
  readonly gradient: Float32Array | null;
  /** Positions of the S keys in the text where caches slide; null: 0 … S - 1. */
  readonly positions: Uint32Array | null;
  /** Which run of the plan this shows, 1 for its first. */
  readonly run: number;

  constructor(
    parts: Pick<
      AttentionMap,
      'heads' | 'from' | 'to' | 'S' | 'probabilities' | 'gradient' | 'positions' | 'run'
    >,
  ) {
    this.heads = parts.heads;
    this.from = parts.from;
    this.to = parts.to;
    this.S = parts.S;
    this.probabilities = parts.probabilities;
    this.gradient = parts.gradient;
    this.positions = parts.positions;
    this.run = parts.run;
  }

  /** [maps, rows, S]. */
  get shape(): readonly [maps: number, rows: number, S: number] {
    return [Math.max(1, this.heads.length), this.to - this.from, this.S];
  }

  /** The probabilities of query row `t` (counted in the whole sequence), (S), in the n-th map. */
  row(t: number, n = 0): Float32Array {
    const [maps, rows, S] = this.shape;
    if (!(t >= this.from && t < this.to && n >= 0 && n < maps)) {
      throw new RangeError(
        `AttentionMap.row: row ${t} of map ${n}, but it holds rows ${this.from} to ${this.to} of ${maps}`,
      );
    }
    const at = (n * rows + t - this.from) * S;
    return this.probabilities.subarray(at, at + S);
  }

  /** -Σ p log p of every row in nats, (maps, rows): 0 where one key has all, log of the keys seen where all are equal. */
  get entropy(): Float32Array {
    return this.#byRow((at, S) => {
      let sum = 0;
      for (let j = at; j < at + S; j++) {
        const p = this.probabilities[j];
        if (p > 0) sum -= p * Math.log(p);
      }
      return sum;
    });
  }

  /** dL/dscore = p (dL/dp - Σ p dL/dp), as `probabilities`; null if the gradient was not asked for. */
  get scoreGradient(): Float32Array | null {
    const { gradient, probabilities } = this;
    if (!gradient) return null;
    const mean = this.#byRow((at, S) => {
      let sum = 0;
      for (let j = at; j < at + S; j++) sum += probabilities[j] * gradient[j];
      return sum;
    });
    return probabilities.map((p, j) => p * (gradient[j] - mean[Math.floor(j / this.S)]));
  }

  #byRow(of: (at: number, S: number) => number): Float32Array {
    const [maps, rows, S] = this.shape;
    return Float32Array.from({ length: maps * rows }, (_, r) => of(r * S, S));
  }
}

/** Entropy of every row of an attention call. */
export interface AttentionEntropy {
  readonly shape: readonly [B: number, H: number, T: number];
  /** (B, H, T) in nats, row-major. */
  readonly values: Float32Array;
}
