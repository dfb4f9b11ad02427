/**
 * What reads a text in both directions, put together of blocks that a family chooses: BERT, RoBERTa, DistilBERT, ELECTRA,
 * MPNet and ALBERT are such. `Bert` is the one that puts itself together by settings; heads are in text_heads.ts.
 */
import {
  add,
  concat,
  dropout,
  EngineError,
  expectOptions,
  normal,
  PromptPlace,
  type Activation,
  type Embedding,
  type Graph,
  type LearnedPositions,
  type Linear,
  type Norm,
  type Stack,
  type Tensor,
} from '../engine/index';
import { expectContext } from './option_checks';

/** First values of BERT's weights, and of its kin's. */
export const BERT_INIT = normal(0.02);

/** What heads go by. */
export interface TextEncoderConfig {
  /** V. */
  readonly vocabulary: number;
  /** The longest text, in tokens. */
  readonly context: number;
  /** C: width of the residual stream. */
  readonly width: number;
  /** Kinds of segments; 0 for a model that knows none. */
  readonly segments: number;
  /** Rows of the table of positions ahead of the first token's. */
  readonly skippedPositions: number;
  /** Share the token embedding with a head's output layer. */
  readonly tied: boolean;
  readonly activation: Activation;
  /** Probability of dropping a number of the embeddings while training. */
  readonly dropout: number;
  /** Added to variances. */
  readonly epsilon: number;
}

/** What `TextEncoder` is made of. */
export interface TextEncoderParts<C extends TextEncoderConfig = TextEncoderConfig> {
  readonly config: C;
  /** (V, E). */
  readonly tokens: Embedding;
  readonly positions: LearnedPositions;
  readonly segments: Embedding | null;
  /** Of the embeddings. */
  readonly norm: Norm;
  /** Embeddings of width E to C (ELECTRA, ALBERT). Default null: E is C. */
  readonly projection?: Linear | null;
  readonly stack: Stack;
}

/** What a text is given with. */
export interface TextEncoderInput {
  /** Kind of each token's segment, u32 (B, T). Default 0 for all. */
  readonly segments?: Tensor | null;
  /** Tokens that are real in each text, u32 (B): later ones are padding. Default all. */
  readonly lengths?: Tensor | null;
  /** Instead of `lengths`: u32 (B, T), 0 where a token is hidden from all. */
  readonly mask?: Tensor | null;
  /** Rows in the place of the tokens' own, f32 (B, T, E), as Transformers' inputs_embeds: what explanations look from. */
  readonly embedded?: Tensor | null;
}

/**
 * A model that reads texts in both directions, made of parts: the body that BERT, RoBERTa, DistilBERT, ELECTRA, MPNet
 * and ALBERT have below their heads.
 */
export class TextEncoder<C extends TextEncoderConfig = TextEncoderConfig> {
  readonly config: C;
  readonly tokens: Embedding;
  /** See the adapter `prompt`. */
  readonly prompt: PromptPlace;
  readonly positions: LearnedPositions;
  readonly segments: Embedding | null;
  readonly norm: Norm;
  readonly projection: Linear | null;
  readonly stack: Stack;

  constructor(parts: TextEncoderParts<C>) {
    const { config, tokens, positions, segments, norm, projection = null, stack } = parts;
    const blocks = { tokens, positions, segments, norm, projection, stack };
    expectOptions('TextEncoder', parts, { config, ...blocks });
    this.config = config;
    this.tokens = tokens;
    this.prompt = new PromptPlace(tokens);
    this.positions = positions;
    this.segments = segments;
    this.norm = norm;
    this.projection = projection;
    this.stack = stack;
  }

  /** ids (B, T) u32 -> the rows of all tokens, (B, T, C). */
  forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return this.prompt.cut(g, this.whole(g, ids, input).at(-1)!);
  }

  /** ids (B, T) u32 -> what goes into each layer, then what comes out in the end, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor[] {
    return this.whole(g, ids, input).map((x) => this.prompt.cut(g, x));
  }

  /** As `hidden`, (B, P + T, C) each: with the rows of a prompt's P virtual tokens, whose first heads of whole texts read. */
  protected whole(g: Graph, ids: Tensor, input: TextEncoderInput): Tensor[] {
    const { segments = null, lengths = null, mask = null, embedded: given = null } = input;
    expectOptions('TextEncoder', input, { segments, lengths, mask, embedded: given });
    const { context, dropout: p, skippedPositions } = this.config;
    const [B = 0, T = 0] = ids.shape;
    const { rows: P } = this.prompt;
    expectContext('TextEncoder', ids, context - P, 'or cut the text into pieces');
    if (lengths && mask) {
      throw new EngineError('TextEncoder', 'both lengths and mask are given', 'Give one.');
    }
    if (mask && skippedPositions > 0) {
      const what = 'mask is given, but its positions count real tokens';
      throw new EngineError('TextEncoder', what, 'Pad texts on the right and give lengths.');
    }
    if (mask && P > 0) {
      throw new EngineError('TextEncoder', 'mask is given beside a prompt', 'Give lengths.');
    }
    if (segments && !this.segments) {
      throw new EngineError('TextEncoder', 'segments are given, but it knows none', 'Leave them out.');
    }
    const words = this.prompt.put(g, given ?? g.call(this, 'tokens', ids));
    const kinds = (): Tensor => {
      const first = (rows: number): Tensor =>
        g.call(this, 'segments', g.constant('segments', [B, rows], new Uint32Array(B * rows)));
      if (!segments) return first(P + T);
      const own = g.call(this, 'segments', segments);
      return P > 0 ? concat(g, [first(P), own], 1) : own;
    };
    const rows = this.segments ? add(g, words, kinds()) : words;
    const real = this.prompt.lengths(g, lengths, T);
    const x = g.call(
      this,
      'norm',
      g.call(this, 'positions', rows, { after: this.stack.prefix, padded: real }),
    );
    const embedded = g.drops && p > 0 ? dropout(g, x, p) : x;
    const y = this.projection ? g.call(this, 'projection', embedded) : embedded;
    return g.scope('stack', () => this.stack.hidden(g, y, { lengths: real, keyMask: mask }));
  }
}
