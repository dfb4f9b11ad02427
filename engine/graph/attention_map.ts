/**
 * What a plan shows of its attention. Plans name no other op: attention is what this engine is there to show, so
 * `plan.attention` is worth a word here. Kernels and checks are the op's (shaders/attention/maps.ts), behind
 * `AttentionProbe`.
 */
import { ShapeError } from '../errors';
import type { LookRequest } from './replay';
import type { Probe } from './probe';

/** One attention call of a plan. */
export interface AttentionInfo {
  /** Its number, in recording order. */
  readonly layer: number;
  /** The scope that recorded it, such as 'h.3.attn'; a second call in one scope ends in '#2'. */
  readonly label: string;
  /** B, sequences. */
  readonly batch: number;
  /** H, query heads. */
  readonly heads: number;
  /** T, query rows. */
  readonly T: number;
  /** S, keys; of a cache, its capacity. */
  readonly S: number;
  /** Which pairs see each other: 'full', 'causal', 'causal window 256', 'sparse', 'cache' … */
  readonly kind: string;
}

/** One head, some, all of them, or one map that combines all heads. */
export type HeadChoice = number | readonly number[] | 'all' | 'mean' | 'max' | 'min';

export interface AttentionQuery {
  /** Which sequence. Default 0. */
  readonly batch?: number;
  /** Query rows `from` (inclusive) to `to` (exclusive). Default: all; of a cache, those that the run really had. */
  readonly rows?: readonly [from: number, to: number];
  /** Also dL/dp, of a plan that trains. Default false. */
  readonly gradient?: boolean;
  readonly signal?: AbortSignal;
}

/** Probabilities of one attention call in the last run, before dropout. */
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

/** What the op records: how to show one of its calls. `map` throws `ShapeError` for what the call does not have. */
export interface AttentionProbe extends Probe, Omit<AttentionInfo, 'layer' | 'label'> {
  readonly op: 'attention';
  map(where: string, heads: HeadChoice, query: AttentionQuery): LookRequest<AttentionMap>;
  entropy(): LookRequest<AttentionEntropy>;
}

/** The attention calls among what a plan can show, numbered and labelled. */
export function attentionsOf(
  probes: readonly Probe[],
): (AttentionInfo & { readonly probe: AttentionProbe })[] {
  const times = new Map<string, number>();
  return probes
    .filter((probe): probe is AttentionProbe => probe.op === 'attention')
    .map((probe, layer) => {
      const { scope, batch, heads, T, S, kind } = probe;
      const n = (times.get(scope) ?? 0) + 1;
      times.set(scope, n);
      return { layer, label: n === 1 ? scope : `${scope}#${n}`, batch, heads, T, S, kind, probe };
    });
}

/** One of them by number or label; throws `ShapeError` naming those that there are. */
export function findAttention(
  plan: { readonly label: string; readonly probes: readonly Probe[] },
  layer: number | string,
): AttentionInfo & { readonly probe: AttentionProbe; readonly where: string } {
  const all = attentionsOf(plan.probes);
  const found = all.find((a) => a.layer === layer || a.label === layer);
  if (!found) {
    throw new ShapeError(
      plan.label,
      `no attention ${typeof layer === 'string' ? `"${layer}"` : layer}`,
      all.length > 0
        ? `It has ${all.length}: ${all.map((a) => `${a.layer} ${a.label}`).join(', ')}.`
        : 'It has none.',
    );
  }
  return { ...found, where: `${plan.label} / ${found.label === '' ? 'attention' : found.label}` };
}
