/** Several adapters as one. */
import { adapt, EngineError, expectOneOf, expectOptions, LoRA, lora, type Adapter } from '../../engine/index';

/** How `combine` adds adapters up. */
export interface CombineOptions {
  /**
   * 'cat': the sum of what they add, exactly, of the sum of the ranks. 'linear': of their one rank, with matrices Σ √(w s) A and
   * Σ √(w s) B, s being what each multiplies by: cheaper, but products mix. Both as PEFT's `add_weighted_adapter`. Default 'cat'.
   */
  readonly type?: 'cat' | 'linear';
}

/** An adapter and its weight. */
export type Weighted = readonly [adapter: Adapter, weight: number];

/** LoRA of one adapter in a layer. */
export interface Piece {
  readonly addition: LoRA;
  readonly weight: number;
  readonly store: Adapter['store'];
}

/**
 * A new adapter of LoRA that does what several do together, each as much as its weight says; they are disabled, and it is enabled.
 *
 *     using both = await combine(loaded.model, [[legal, 0.7], [french, 0.3]]);
 *
 * @throws EngineError for kinds other than LoRA; for 'linear' also for unequal ranks and for weights below 0. All is then as it was.
 */
export async function combine<M extends { readonly config: object }>(
  model: M,
  given: readonly Weighted[],
  options: CombineOptions = {},
): Promise<Adapter> {
  const { type = 'cat' } = options;
  expectOptions('combine', options, { type });
  expectOneOf('combine', 'type', type, ['cat', 'linear']);
  if (given.length === 0) throw new EngineError('combine', 'no adapters are given', 'Give at least one.');
  for (const [, weight] of given) {
    if (!Number.isFinite(weight) || (type === 'linear' && weight < 0)) {
      const todo = type === 'linear' ? "Use one of at least 0, or type: 'cat'." : 'Use a finite number.';
      throw new EngineError('combine', `a weight is ${weight}`, todo);
    }
  }
  const pieces = piecesOf('combine', given);
  const layers = Object.fromEntries(
    [...pieces].map(([name, list]) => {
      const ranks = list.map(({ addition }) => addition.rank);
      if (type === 'linear' && ranks.some((rank) => rank !== ranks[0])) {
        const what = `the ranks at ${name} are ${ranks.join(' and ')}`;
        throw new EngineError('combine', what, "Use type: 'cat', which takes any.");
      }
      const rank = type === 'cat' ? ranks.reduce((sum, one) => sum + one, 0) : ranks[0];
      return [name, lora({ rank, alpha: rank })];
    }),
  );
  const on = given.flatMap(([adapter]) => (adapter.enabled ? [adapter] : []));
  const combined = await adapt(model, layers);
  try {
    for (const [name, list] of pieces) {
      const { A, B } = await (type === 'cat' ? joined(list) : mixed(list));
      combined.store.write(`${name}.lora.A`, A);
      combined.store.write(`${name}.lora.B`, B);
    }
    for (const adapter of on) adapter.disable();
  } catch (error) {
    combined[Symbol.dispose]();
    throw error;
  }
  return combined;
}

/** What several adapters have at each place, by its name, in their order. Throws `EngineError` for kinds other than LoRA. */
export function piecesOf(where: string, given: readonly Weighted[]): ReadonlyMap<string, readonly Piece[]> {
  const pieces = new Map<string, Piece[]>();
  for (const [adapter, weight] of given) {
    for (const place of adapter.places) {
      if (!('addition' in place && place.addition instanceof LoRA))
        throw new EngineError(
          where,
          `what is at ${place.site.name} is no LoRA of a linear layer`,
          'Take LoRAs.',
        );
      const { name } = place.site;
      pieces.set(name, [
        ...(pieces.get(name) ?? []),
        { addition: place.addition, weight, store: adapter.store },
      ]);
    }
  }
  return pieces;
}

const read = async ({ addition, store }: Piece) => ({
  A: await store.read(addition.A.name),
  B: await store.read(addition.B.name),
});

/** A below A, B beside B; A with all factors. */
export async function joined(pieces: readonly Piece[]) {
  const rank = pieces.reduce((sum, { addition }) => sum + addition.rank, 0);
  const { A: first, B: last } = pieces[0].addition;
  const [inputs, outputs] = [first.shape[1], last.shape[0]];
  const [A, B] = [new Float32Array(rank * inputs), new Float32Array(outputs * rank)];
  let at = 0;
  for (const piece of pieces) {
    const own = await read(piece);
    const factor = piece.weight * piece.addition.scale;
    const r = piece.addition.rank;
    A.set(
      own.A.map((a) => a * factor),
      at * inputs,
    );
    for (let o = 0; o < outputs; o++) B.set(own.B.subarray(o * r, (o + 1) * r), o * rank + at);
    at += r;
  }
  return { A, B };
}

async function mixed(pieces: readonly Piece[]) {
  const all = await Promise.all(pieces.map(read));
  const factors = pieces.map(({ weight, addition }) => Math.sqrt(weight * addition.scale));
  const sum = (part: 'A' | 'B'): Float32Array =>
    all[0][part].map((_, i) => all.reduce((total, own, n) => total + factors[n] * own[part][i], 0));
  return { A: sum('A'), B: sum('B') };
}
