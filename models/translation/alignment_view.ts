import {
  AttentionMap,
  DataError,
  Graph,
  throwIfAborted,
  type Device,
  type HeadChoice,
  type Plan,
} from '../../engine/index';
import type { EncoderDecoder } from '../encoder_decoder';
import type { PairVocabulary } from './pair_vocabulary';

/** What the decoder looked at in the source, with what a heat map writes at its sides. */
export interface AlignmentMap {
  /** Pieces of the source and its end, (S): columns. */
  readonly source: readonly string[];
  /** Pieces of the target and its end, (T): row t is the attention with which piece t was predicted. */
  readonly target: readonly string[];
  /** (maps, T, S); several maps for several heads. */
  readonly map: AttentionMap;
}

/** Sources and targets are padded to multiples of so many tokens: few plans serve all. */
const BUCKET = 16;
/** Plans that are kept. */
const KEPT = 4;

/** Cross-attention of pairs of texts, one pair at a time. Owns plans; dispose of it before the weights. */
export class AlignmentView implements Disposable {
  readonly #device: Device;
  readonly #model: EncoderDecoder;
  readonly #vocabulary: PairVocabulary;
  readonly #steady: boolean;
  /** By lengths, the newest last. */
  readonly #plans = new Map<string, Plan>();
  #shown: { readonly key: string; readonly plan: Plan } | null = null;

  /** `steady`: weights never change, so that another layer of the same pair needs no new run. */
  constructor(
    device: Device,
    model: EncoderDecoder,
    vocabulary: PairVocabulary,
    { steady }: { readonly steady: boolean },
  ) {
    this.#device = device;
    this.#model = model;
    this.#vocabulary = vocabulary;
    this.#steady = steady;
  }

  /** See `Translator.attention`. */
  async look(
    source: string | readonly number[],
    target: string | readonly number[],
    layer: number,
    head: HeadChoice,
    signal?: AbortSignal,
  ): Promise<AlignmentMap> {
    throwIfAborted(signal);
    const vocabulary = this.#vocabulary;
    const { end } = vocabulary;
    const sourceIds = typeof source === 'string' ? [...vocabulary.encodeSource(source), end] : [...source];
    const targetIds = typeof target === 'string' ? [...vocabulary.encodeTarget(target)] : [...target];
    const plan = await this.#run(sourceIds, targetIds);
    const map = await plan.attention(`decoder.layers.${layer}.crossAttention`, head, {
      rows: [0, targetIds.length + 1],
      ...(signal && { signal }),
    });
    return {
      source: vocabulary.sourcePieces(sourceIds),
      target: vocabulary.targetPieces([...targetIds, end]),
      map: firstKeys(map, sourceIds.length),
    };
  }

  /** The plan of such lengths, run over these ids. */
  async #run(source: readonly number[], target: readonly number[]): Promise<Plan> {
    const [S, T] = [this.#room('source', source.length), this.#room('target', target.length + 1)];
    const shape = `${S} ${T}`;
    const key = `${source.join()} ${target.join()}`;
    if (this.#steady && this.#shown?.key === key) return this.#shown.plan;
    let plan = this.#plans.get(shape);
    if (!plan) {
      const g = new Graph(this.#device, { label: 'translation' });
      const { vocabulary, sourceVocabulary } = this.#model.config;
      const lengths = g.input('lengths', [1], 'u32', { below: S + 1 });
      const sourceIds = g.input('source', [1, S], 'u32', { below: sourceVocabulary });
      const targetIds = g.input('target', [1, T], 'u32', { below: vocabulary });
      plan = await g.compile({ logits: this.#model.forward(g, sourceIds, lengths, targetIds) });
    }
    this.#plans.delete(shape);
    this.#plans.set(shape, plan);
    for (const [oldest, old] of this.#plans) {
      if (this.#plans.size <= KEPT) break;
      this.#plans.delete(oldest);
      old[Symbol.dispose]();
    }
    const { begin, pad } = this.#vocabulary;
    const padded = (ids: readonly number[], length: number): Uint32Array => {
      const filled = new Uint32Array(length).fill(pad);
      filled.set(ids);
      return filled;
    };
    plan.run({
      source: padded(source, S),
      target: padded([begin, ...target], T),
      lengths: Uint32Array.of(source.length),
    });
    this.#shown = { key, plan };
    return plan;
  }

  #room(what: string, length: number): number {
    const { context } = this.#model.config;
    if (length >= 1 && length <= context) return Math.min(context, Math.ceil(length / BUCKET) * BUCKET);
    throw new DataError(
      'attention',
      `the ${what} has ${length} tokens, but the model takes 1 to ${context}`,
      'Show a sentence at a time.',
    );
  }

  [Symbol.dispose](): void {
    for (const plan of this.#plans.values()) plan[Symbol.dispose]();
    this.#plans.clear();
  }
}

/** The map without the keys that are padding, whose probabilities are 0. */
function firstKeys(map: AttentionMap, S: number): AttentionMap {
  const rows = map.probabilities.length / map.S;
  const probabilities = new Float32Array(rows * S);
  for (let r = 0; r < rows; r++)
    probabilities.set(map.probabilities.subarray(r * map.S, r * map.S + S), r * S);
  const { heads, from, to, positions, run } = map;
  return new AttentionMap({ heads, from, to, S, probabilities, gradient: null, positions, run });
}
