/**
 * BERT: a Transformer encoder that reads in both directions and learns by filling in tokens that were hidden from it
 * (Devlin et al. 2019).
 */
import {
  add,
  Attention,
  crossEntropy,
  dropout,
  Embedding,
  EngineError,
  expectActivation,
  expectOptions,
  FeedForward,
  LanguageHead,
  LayerNorm,
  LearnedPositions,
  normal,
  Stack,
  TransformerLayer,
  type Activation,
  type Graph,
  type Tensor,
} from '../engine/index';
import {
  checkEach,
  definedOf,
  expectContext,
  expectKinds,
  expectRates,
  expectSizes,
  isWhole,
  LARGEST,
} from './option_checks';

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

type Complete = Required<BertConfig>;

/** First values of BERT's weights. */
export const BERT_INIT = normal(0.02);

function complete(config: BertConfig): Complete {
  const defaults = {
    ...({ context: 512, hidden: 4 * config.width, segments: 2, padding: null, activation: 'gelu' } as const),
    ...{ dropout: 0.1, attentionDropout: 0.1, tied: true, epsilon: 1e-12, recompute: false },
    ...{ skippedPositions: 0, attentionOutputDropout: config.dropout ?? 0.1 },
  };
  expectOptions('Bert', config, { vocabulary: 0, layers: 0, heads: 0, width: 0, ...defaults });
  const full: Complete = { ...defaults, ...definedOf(config) } as Complete;
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

/** What a text is given with. */
export interface BertInput {
  /** Kind of each token's segment, u32 (B, T). Default 0 for all. */
  readonly segments?: Tensor | null;
  /** Tokens that are real in each text, u32 (B): later ones are padding. Default all. */
  readonly lengths?: Tensor | null;
  /** Instead of `lengths`: u32 (B, T), 0 where a token is hidden from all. */
  readonly mask?: Tensor | null;
}

/** What BERT's heads stand on: embeddings and layers. */
export class BertEncoder {
  readonly config: Complete;
  readonly tokens: Embedding;
  readonly positions: LearnedPositions;
  readonly segments: Embedding | null;
  /** Of the embeddings. */
  readonly norm: LayerNorm;
  readonly stack: Stack;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: BertConfig) {
    const c = complete(config);
    this.config = c;
    const norm = (): LayerNorm => new LayerNorm(c.width, { epsilon: c.epsilon });
    this.tokens = new Embedding(c.vocabulary, c.width, { init: BERT_INIT, padding: c.padding });
    const skip = c.skippedPositions;
    this.positions = new LearnedPositions(c.context, c.width, { init: BERT_INIT, skip });
    this.segments = c.segments > 0 ? new Embedding(c.segments, c.width, { init: BERT_INIT }) : null;
    this.norm = norm();
    const { width, heads, hidden, activation, dropout, attentionDropout } = c;
    const own = { dropout: c.attentionOutputDropout, attentionDropout };
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({ width, heads, ...own, init: BERT_INIT }),
        feedForward: new FeedForward({ width, hidden, activation, dropout, init: BERT_INIT }),
        ...{ norm, order: 'post' },
      });
    this.stack = new Stack(Array.from({ length: c.layers }, layer), { recompute: c.recompute });
  }

  /** ids (B, T) u32 -> what goes into each layer, then what comes out in the end, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor, input: BertInput = {}): Tensor[] {
    const { segments = null, lengths = null, mask = null } = input;
    expectOptions('Bert', input, { segments, lengths, mask });
    const { context, dropout: p } = this.config;
    const [B = 0, T = 0] = ids.shape;
    expectContext('Bert', ids, context, 'or cut the text into pieces');
    if (lengths && mask) throw new EngineError('Bert', 'both lengths and mask are given', 'Give one.');
    if (mask && this.config.skippedPositions > 0) {
      const what = 'mask is given, but its positions count real tokens';
      throw new EngineError('Bert', what, 'Pad texts on the right and give lengths.');
    }
    if (segments && !this.segments) {
      throw new EngineError('Bert', 'segments are given, but it knows none', 'Leave them out.');
    }
    const words = g.call(this, 'tokens', ids);
    const kinds = (): Tensor => segments ?? g.constant('segments', [B, T], new Uint32Array(B * T));
    const rows = this.segments ? add(g, words, g.call(this, 'segments', kinds())) : words;
    const x = g.call(this, 'norm', g.call(this, 'positions', rows, { after: this.stack.prefix }));
    const embedded = g.train && p > 0 ? dropout(g, x, p) : x;
    return g.scope('stack', () => this.stack.hidden(g, embedded, { lengths, keyMask: mask }));
  }
}

/** BERT with its head for hidden tokens. */
export class Bert extends BertEncoder {
  /** Hidden rows to logits: a layer with activation and norm, then the token embedding (or an own matrix) and a bias. */
  readonly head: LanguageHead;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: BertConfig) {
    super(config);
    const { width, vocabulary, tied, activation, epsilon } = this.config;
    this.head = new LanguageHead({
      ...{ width, vocabulary, tied, bias: true, init: BERT_INIT },
      transform: { activation, norm: new LayerNorm(width, { epsilon }), init: BERT_INIT },
    });
  }

  /** ids (B, T) u32 -> logits (B, T, V): which token stands, or stood, at each place. */
  forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return this.logits(g, this.hidden(g, ids, input).at(-1)!);
  }

  /** Rows of the last layer (…, C) -> logits (…, V). */
  logits(g: Graph, rows: Tensor): Tensor {
    return g.call(this, 'head', rows, this.tokens.weight);
  }

  /**
   * Mean cross-entropy in nats over the labels that are not IGNORE_INDEX: those of tokens that `ids` hides (or changes).
   * ids, labels (B, T) u32 -> scalar.
   */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: BertInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}
