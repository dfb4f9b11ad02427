/**
 * BERT: a Transformer encoder that reads in both directions and learns by filling in tokens that were hidden from it
 * (Devlin et al. 2019).
 */
import {
  Attention,
  Embedding,
  expectActivation,
  expectOptions,
  FeedForward,
  LayerNorm,
  LearnedPositions,
  Stack,
  TransformerLayer,
  type Activation,
  type DistanceBuckets,
} from '../engine/index';
import {
  checkEach,
  definedOf,
  expectKinds,
  expectRates,
  expectSizes,
  isWhole,
  LARGEST,
} from './option_checks';
import { BERT_INIT, type TextEncoderParts } from './text_encoder';
import { MaskedLM } from './masked_lm';

/** Sizes and options of `Bert`. */
export interface BertConfig {
  /** V: number of token ids. */
  readonly vocabulary: number;
  /** The longest text, in tokens. Default 512. */
  readonly context?: number;
  readonly layers: number;
  readonly heads: number;
  /** C: width of the residual stream; a multiple of `heads`. */
  readonly width: number;
  /** Width of the feed-forward layers. Default 4 × width. */
  readonly hidden?: number;
  /** Kinds of segments, such as question and text; 0 for a model that knows none (DistilBERT). Default 2. */
  readonly segments?: number;
  /**
   * Rows of the table of positions ahead of the first token's (RoBERTa counts from behind its padding id). Positions are
   * then those of right-padded texts: `mask` is refused. Default 0.
   */
  readonly skippedPositions?: number;
  /** The id of padding, whose row of the embedding learns nothing from where it is read. Default null: none. */
  readonly padding?: number | null;
  /** Default 'gelu'. */
  readonly activation?: Activation;
  /** Probability of dropping a number of the embeddings and of each sublayer's output while training. Default 0.1. */
  readonly dropout?: number;
  /** The same of what attention gives to the residual stream. Default `dropout`; DistilBERT has none. */
  readonly attentionOutputDropout?: number;
  /** Probability of dropping an attention weight while training. Default 0.1. */
  readonly attentionDropout?: number;
  /** Share the token embedding with the output layer. Default true. */
  readonly tied?: boolean;
  /** Added to variances. Default 1e-12. */
  readonly epsilon?: number;
  /** See `StackOptions.recompute`. Default false. */
  readonly recompute?: boolean;
}

/** With all defaults. */
export type CompleteBertConfig = Required<BertConfig>;

function complete(config: BertConfig): CompleteBertConfig {
  const defaults = {
    ...({ context: 512, hidden: 4 * config.width, segments: 2, padding: null, activation: 'gelu' } as const),
    ...{ dropout: 0.1, attentionDropout: 0.1, tied: true, epsilon: 1e-12, recompute: false },
    ...{ skippedPositions: 0, attentionOutputDropout: config.dropout ?? 0.1 },
  };
  expectOptions('Bert', config, { vocabulary: 0, layers: 0, heads: 0, width: 0, ...defaults });
  const full: CompleteBertConfig = { ...defaults, ...definedOf(config) } as CompleteBertConfig;
  expectKinds('Bert', full, { tied: [true, false], recompute: [true, false] });
  expectSizes('Bert', full, ['vocabulary', 'context', 'layers', 'heads', 'width', 'hidden']);
  const { segments, skippedPositions } = full;
  checkEach('Bert', [
    ['segments', segments, isWhole(segments, 0, LARGEST), 'Use 0 for none, or a whole number.'],
    [
      'skippedPositions',
      skippedPositions,
      isWhole(skippedPositions, 0, LARGEST),
      'Use 0 for none, or a whole number.',
    ],
  ]);
  expectActivation('Bert', full.activation);
  expectRates('Bert', full, ['dropout', 'attentionDropout', 'attentionOutputDropout']);
  return full;
}

/** Tables of tokens, positions and segments of rows of `width`, and their norm. */
export function bertEmbeddings(
  c: CompleteBertConfig,
  width: number,
): Pick<TextEncoderParts, 'tokens' | 'positions' | 'segments' | 'norm'> {
  const start = { init: BERT_INIT };
  return {
    tokens: new Embedding(c.vocabulary, width, { ...start, padding: c.padding }),
    positions: new LearnedPositions(c.context, width, { ...start, skip: c.skippedPositions }),
    segments: c.segments > 0 ? new Embedding(c.segments, width, start) : null,
    norm: new LayerNorm(width, { epsilon: c.epsilon }),
  };
}

/** One of BERT's layers. */
export function bertLayer(c: CompleteBertConfig, feedForwardDropout = c.dropout): TransformerLayer {
  const { width, heads, hidden, activation, attentionDropout } = c;
  return new TransformerLayer({
    attention: new Attention({
      ...{ width, heads, dropout: c.attentionOutputDropout, attentionDropout, init: BERT_INIT },
    }),
    feedForward: new FeedForward({
      ...{ width, hidden, activation, dropout: feedForwardDropout, init: BERT_INIT },
    }),
    ...{ norm: () => new LayerNorm(width, { epsilon: c.epsilon }), order: 'post' },
  });
}

/**
 * What a BERT is made of, for its heads: `new SequenceClassifier(bertParts({ … }), { labels })`. `distances` are those of its
 * stack (MPNet). Throws `ShapeError` or `EngineError` for numbers that cannot work.
 */
export function bertParts(
  config: BertConfig,
  distances: DistanceBuckets | null = null,
): TextEncoderParts<CompleteBertConfig> {
  const c = complete(config);
  const layers = Array.from({ length: c.layers }, () => bertLayer(c));
  const stack = new Stack(layers, { recompute: c.recompute, distances });
  return { config: c, ...bertEmbeddings(c, c.width), stack };
}

/** BERT with its head for hidden tokens. */
export class Bert extends MaskedLM<CompleteBertConfig> {
  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: BertConfig) {
    super(bertParts(config));
  }
}
