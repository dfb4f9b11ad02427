/**
 * What a plan can show of its attention, and the methods that plans have for it: `plan.attention` and its kin. Kernels
 * and checks (maps.ts, maps_decode.ts) are loaded when somebody asks.
 */
import { ShapeError } from '../../../errors';
import { planMethods } from '../../../graph/plan';
import type { LookRequest, Probe } from '../../../graph/probe';
import type { AttentionEntropy, AttentionMap } from './attention_map';

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

/** Which part of an attention map is wanted, see `Plan.attention`. */
export interface AttentionQuery {
  /** Which sequence. Default 0. */
  readonly batch?: number;
  /** Query rows `from` (inclusive) to `to` (exclusive). Default: all; of a cache, those that the run really had. */
  readonly rows?: readonly [from: number, to: number];
  /** Also dL/dp, of a plan that trains. Default false. */
  readonly gradient?: boolean;
  readonly signal?: AbortSignal;
}

/** What the op records: how to show one of its calls. `map` rejects with `ShapeError` what the call does not have. */
export interface AttentionProbe extends Probe, Omit<AttentionInfo, 'layer' | 'label'> {
  readonly op: 'attention';
  /** Whether queries and keys are known to be rows of one sequence: columns of one tensor, or queries and their own cache. */
  readonly oneSequence: boolean;
  map(where: string, heads: HeadChoice, query: AttentionQuery): Promise<LookRequest<AttentionMap>>;
  entropy(): Promise<LookRequest<AttentionEntropy>>;
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

declare module '../../../graph/plan' {
  interface PlanMethods {
    /** The attention calls of this plan, in recording order; their `layer` and `label` are what `attention` takes. */
    readonly attentions: readonly AttentionInfo[];

    /**
     * What attended to what in the last run: probabilities of query rows over keys, recomputed now from queries, keys
     * and log-sum-exps, which the plan brings back by repeating the part of the run that led to them (see `look`).
     * `layer` is a number or label of `attentions`; the map has T×S numbers a head at most. Parameters count as they are
     * now: after an update (`trainer.submit` has made one) it shows what the new weights see in the last run's inputs.
     *
     * @throws ShapeError if there is no such layer, head, sequence or row, or no gradient; DataError before any run.
     */
    attention(layer: number | string, head: HeadChoice, query?: AttentionQuery): Promise<AttentionMap>;

    /** Entropy of every row of one layer in the last run, (B, H, T) in nats, without a map in between. */
    attentionEntropy(
      layer: number | string,
      options?: { readonly signal?: AbortSignal },
    ): Promise<AttentionEntropy>;
  }
}

/** Tells plans of `g` that they can show this attention. */
export const addAttentionProbe = planMethods<AttentionProbe, 'attentions' | 'attention' | 'attentionEntropy'>(
  {
    get attentions(): readonly AttentionInfo[] {
      return attentionsOf(this.probes).map(({ probe: _probe, ...info }) => info);
    },
    async attention(layer, head, query = {}) {
      const { probe, where } = findAttention(this, layer);
      const [map] = await this.look([await probe.map(where, head, query)], query);
      return map;
    },
    async attentionEntropy(layer, options = {}) {
      const { probe } = findAttention(this, layer);
      const [entropy] = await this.look([await probe.entropy()], options);
      return entropy;
    },
  },
);
