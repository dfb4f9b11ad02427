import { expectOptions, ShapeError } from '../../../errors';
import type { Plan } from '../../../graph/plan';
import type { AttentionMap } from './attention_map';
import { attentionsOf, findAttention } from './probe';

/** Which layers and rows `attentionRollout` goes through, and how heads become one map. */
export interface RolloutOptions {
  /** Which sequence. Default 0. */
  readonly batch?: number;
  /** Positions `from` (inclusive) to `to` (exclusive) whose sources are wanted. Default: all. Fewer cost less. */
  readonly rows?: readonly [from: number, to: number];
  /** How the heads of a layer become one map. Default 'mean'. */
  readonly heads?: 'mean' | 'max' | 'min';
  /** Share of what passes a layer by, on the residual stream. Default 0.5, as in the paper. */
  readonly residual?: number;
  /**
   * Layers by number or label, first layer first. Default: all, of a plan in which every attention is of T rows to the
   * same T rows. Plans with others (an encoder-decoder's) have several paths: name the layers of one of them, as the
   * encoder's self-attention. Named layers count as self-attention if T = S.
   */
  readonly layers?: readonly (number | string)[];
  readonly signal?: AbortSignal;
}

/** Where positions draw from, through all layers. */
export interface Rollout {
  readonly from: number;
  readonly to: number;
  /** T, positions. */
  readonly T: number;
  /** (rows, T), row-major: shares of the input positions in rows `from` to `to` of the last layer's output; rows sum to 1. */
  readonly shares: Float64Array;
}

/**
 * Attention rollout (Abnar and Zuidema 2020) of the last run: A = A_L … A_2 A_1, where A_l is a layer's map (its heads
 * combined) with the residual mixed in, residual I + (1 - residual) P, rows scaled to sum 1. All maps are of one run.
 * Costs rows·T² a layer on the CPU (in float64), T² numbers a layer of memory while it runs.
 *
 * @throws ShapeError if a layer is not attention of T rows to the same rows (a cache, cross-attention), or T differs.
 * Separate tensors of queries and keys may be of one sequence or of two: without `layers` they are refused.
 */
export async function attentionRollout(plan: Plan, options: RolloutOptions = {}): Promise<Rollout> {
  const { batch = 0, heads = 'mean', residual = 0.5, signal } = options;
  const where = `${plan.label} / attentionRollout`;
  expectOptions(where, options, { batch, heads, residual, signal, rows: 0, layers: 0 });
  if (!(residual >= 0 && residual < 1)) {
    throw new ShapeError(where, `residual is ${residual}`, 'It is a share: at least 0 and below 1.');
  }
  const layers = rolledLayers(plan, where, options.layers);
  const { T } = layers[0];
  const [from, to] = options.rows ?? [0, T];
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= T)) {
    throw new ShapeError(
      where,
      `no rows ${from} to ${to}`,
      `There are ${T}: give [from, to) with 0 ≤ from < to ≤ ${T}.`,
    );
  }
  const requests = await Promise.all(
    layers.map(({ probe, where: at }, i) => {
      const rows = i === layers.length - 1 ? ([from, to] as const) : ([0, T] as const);
      return probe.map(at, heads, { batch, rows });
    }),
  );
  const maps: AttentionMap[] = await plan.look(requests, { ...(signal && { signal }) });
  return {
    from,
    to,
    T,
    shares: rollOut(
      maps.map((m) => m.probabilities),
      { T, from, to, residual },
    ),
  };
}

/** The layers to roll out, by name or all of them; throws ShapeError where they are not self-attention over one length. */
export function rolledLayers(
  plan: Pick<Plan, 'label' | 'probes'>,
  where: string,
  names?: readonly (number | string)[],
): ReturnType<typeof findAttention>[] {
  const all = attentionsOf(plan.probes);
  const layers = (names ?? all.map(({ layer }) => layer)).map((layer) => findAttention(plan, layer));
  const T = layers[0]?.T ?? 0;
  const odd = layers.find((a) => a.T !== T || a.S !== T || a.kind.includes('cache'));
  const other = names ? undefined : layers.find(({ probe }) => !probe.oneSequence);
  if (!odd && !other && layers.length > 0) return layers;
  const own = all.filter(
    ({ T: t, S, kind, probe }) => t === S && !kind.includes('cache') && probe.oneSequence,
  );
  const toName = own.length > 0 ? `, of ${own.map((a) => `${a.layer} ${a.label}`).join(', ')}` : '';
  throw new ShapeError(
    where,
    odd
      ? `${odd.label} attends from ${odd.T} rows to ${odd.S} (${odd.kind}), not from ${T} to the same ${T}`
      : other
        ? `${other.label} takes its keys from another tensor than its queries: cross-attention, as far as one can tell`
        : 'no layers are to be rolled out',
    `Name layers of self-attention over one length in \`layers\`${toName}.`,
  );
}

/** The product alone: maps (T, T) of each layer, the last one's rows `from` to `to` only, to shares (rows, T). */
export function rollOut(
  maps: readonly Float32Array[],
  {
    T,
    from,
    to,
    residual,
  }: { readonly T: number; readonly from: number; readonly to: number; readonly residual: number },
): Float64Array {
  let shares = new Float64Array((to - from) * T);
  for (let t = from; t < to; t++) shares[(t - from) * T + t] = 1;
  for (let layer = maps.length - 1; layer >= 0; layer--) {
    // The last layer's map starts at row `from`.
    const offset = layer === maps.length - 1 ? from : 0;
    const map = maps[layer];
    const next = new Float64Array(shares.length);
    for (let m = 0; m < T; m++) {
      if (m < offset || (m - offset + 1) * T > map.length) continue;
      const row = (m - offset) * T;
      let end = T; // of a causal map, half is 0
      while (end > 0 && map[row + end - 1] === 0) end--;
      let sum = 0;
      for (let j = 0; j < end; j++) sum += map[row + j];
      // Rows that see nothing, and combined heads that do not sum to 1.
      const mixed = residual + (1 - residual) * sum;
      const [own, rest] = mixed > 0 ? [residual / mixed, (1 - residual) / mixed] : [1, 0];
      for (let r = 0; r < to - from; r++) {
        const share = shares[r * T + m];
        if (share === 0) continue;
        next[r * T + m] += share * own;
        for (let j = 0; j < end; j++) next[r * T + j] += share * rest * map[row + j];
      }
    }
    shares = next;
  }
  return shares;
}
