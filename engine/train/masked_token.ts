import { EngineError, expectOptions, expectSeed } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { RandomStream } from '../nn/init';
import { shuffle } from './epochs';
import type { Objective } from './objective';
import type { TextBatch, TextBatches } from './text_batches';
import { textObjective, type TextInput } from './text_objective';

/** What training on hidden tokens asks of a model; `Bert` is one. */
export interface MaskedModel {
  readonly config: object & { readonly vocabulary: number; readonly segments?: number };
  /** ids, labels (B, T) u32 -> mean cross-entropy over the labels that are not IGNORE_INDEX, a scalar. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput): Tensor;
}

/** Which tokens `maskedToken` hides, and by what. */
export interface MaskedTokenOptions {
  /** The id that hides a token. */
  readonly mask: number;
  /** V: a hidden token may become any id below. */
  readonly vocabulary: number;
  /** Ids that are never hidden: those that mark begin, end, unknown and padding. */
  readonly specials: Iterable<number>;
  /** The share of each text's other tokens that is to be told; at least one. Default 0.15. */
  readonly probability?: number;
  /**
   * Whether an id goes on with the word before it, as WordPiece's "##" pieces do: then whole words are hidden (BERT's
   * "whole word masking", 2019). Default null: tokens by themselves.
   */
  readonly continues?: ((id: number) => boolean) | null;
  /** Of which tokens are hidden. Default 0. */
  readonly seed?: number;
}

/**
 * Filling in hidden tokens (Devlin et al. 2019, 3.1): of the tokens that are to be told 80 % become the mask, 10 % any
 * token and 10 % stay. Which ones is a function of the batch's step and the seed: other ones in each epoch (Liu et al.
 * 2019), and the same where a run resumes. Throws `EngineError` for options that cannot be.
 */
export function maskedToken(
  batches: TextBatches,
  options: MaskedTokenOptions,
): Objective<TextBatch, MaskedModel> {
  const { mask, vocabulary, probability = 0.15, continues = null, seed = 0 } = options;
  expectOptions('maskedToken', options, { mask, vocabulary, specials: 0, probability, continues, seed });
  expectSeed('maskedToken', seed);
  if (!(Number.isInteger(mask) && mask >= 0 && mask < vocabulary))
    throw new EngineError('maskedToken', `mask is ${mask}`, `Give an id below vocabulary, ${vocabulary}.`);
  if (!(probability > 0 && probability <= 1))
    throw new EngineError('maskedToken', `probability is ${probability}`, 'Use a share above 0, up to 1.');
  const specials = new Set(options.specials);
  const hide = { mask, vocabulary, specials, probability, continues, seed };
  const special = [...specials].sort((a, b) => a - b).join(' ');
  const identity = {
    mask,
    vocabulary,
    specials: special,
    probability,
    wholeWords: String(!!continues),
    maskSeed: seed,
  };
  return textObjective(batches, 'maskedToken', identity, {
    record: (g, model: MaskedModel, { ids, input }, { B, T }) =>
      model.loss(g, ids, g.input('labels', [B, T], 'u32', { below: model.config.vocabulary }), input),
    feed: (batch) => {
      const { ids, labels, count } = hideTokens(batch, hide);
      return { inputs: { ids, labels }, labels: count };
    },
  });
}

/** A batch with tokens hidden: its new ids, and what stood there (IGNORE_INDEX elsewhere), both (B, T). */
export function hideTokens(
  { rows, ids: given, lengths, step }: TextBatch,
  options: Required<Omit<MaskedTokenOptions, 'specials'>> & { readonly specials: ReadonlySet<number> },
): { readonly ids: Uint32Array; readonly labels: Uint32Array; readonly count: number } {
  const { mask, vocabulary, specials, probability, continues, seed } = options;
  const random = new RandomStream(seed, `hidden tokens of step ${step}`);
  const ids = given.slice();
  const labels = new Uint32Array(ids.length).fill(IGNORE_INDEX);
  const T = ids.length / lengths.length;
  let count = 0;
  for (let b = 0; b < rows.length; b++) {
    const words: number[][] = [];
    let before = -1;
    let tokens = 0;
    for (let i = b * T; i < b * T + lengths[b]; i++) {
      if (specials.has(ids[i])) continue;
      tokens++;
      if (continues?.(ids[i]) && before === i - 1 && words.length > 0) words.at(-1)!.push(i);
      else words.push([i]);
      before = i;
    }
    if (tokens === 0) continue;
    shuffle(words, random);
    const told = Math.max(1, Math.round(probability * tokens));
    let left = told;
    for (const [k, word] of words.entries()) {
      // Words that are too long for what is left are passed over, but one is told in any case.
      const onlyOne = left === told && k === words.length - 1;
      if (word.length > left && !onlyOne) continue;
      for (const i of word) {
        labels[i] = ids[i];
        const lot = random.uniform();
        if (lot < 0.8) ids[i] = mask;
        else if (lot < 0.9) ids[i] = random.below(vocabulary);
        count++;
      }
      left -= word.length;
      if (left <= 0) break;
    }
  }
  return { ids, labels, count };
}
