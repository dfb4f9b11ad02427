/**
 * What a plan can show of its attention. Plans name no other op: attention is what this engine is there to show, so
 * `plan.attention` is worth a word here. Kernels and checks are the op's (shaders/attention/maps.ts), behind
 * `AttentionProbe`.
 */
import { ShapeError } from '../errors';
import type { AttentionEntropy, AttentionMap } from './attention_map';
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
