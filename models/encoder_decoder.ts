/**
 * The encoder-decoder Transformer (Vaswani et al. 2017), for translation and every other task from sequence to
 * sequence.
 */
import {
  addPositions,
  Attention,
  CrossAttention,
  crossEntropy,
  dropout,
  Embedding,
  expectOptions,
  FeedForward,
  LanguageHead,
  LayerNorm,
  LearnedPositions,
  normal,
  reorderState,
  scale,
  selectRows,
  sinusoidal,
  slice,
  Stack,
  TransformerLayer,
  xavierUniform,
  type FormerNames,
  type Graph,
  type LayerInput,
  type LayerState,
  type PositionsOptions,
  type Tensor,
} from '../engine/index';
import {
  completeEncoderDecoder,
  type CompleteEncoderDecoderConfig as Complete,
  type EncoderDecoderConfig,
} from './encoder_decoder_config';
import { placedOf, type CacheSizes, type NextOptions } from './generation/decoder';
import { expectContext } from './option_checks';

export { encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder_config';

/** Encoder layers, or decoder layers with attention to the encoder's memory. */
function makeStack(c: Complete, kind: 'encoder' | 'decoder'): Stack {
  const { width, heads, hidden, activation, dropout, attentionDropout, activationDropout } = c;
  const norm = (): LayerNorm => new LayerNorm(width, { epsilon: c.epsilon });
  const attention = {
    ...{ width, heads, dropout, attentionDropout, init: xavierUniform(width, 3 * width) },
    outputInit: xavierUniform(width, width),
  };
  const decodes = kind === 'decoder';
  const layer = (): TransformerLayer =>
    new TransformerLayer({
      attention: new Attention({ ...attention, causal: decodes }),
      crossAttention: decodes ? new CrossAttention(attention) : null,
      feedForward: new FeedForward({
        ...{ width, hidden, activation, dropout, activationDropout, init: xavierUniform(width, hidden) },
        outputInit: xavierUniform(hidden, width),
      }),
      ...{ norm, order: c.preNorm ? 'pre' : 'post' },
    });
  const layers = Array.from({ length: decodes ? c.decoderLayers : c.encoderLayers }, layer);
  return new Stack(layers, { norm: c.finalNorm ? norm() : null, recompute: c.recompute });
}

export class EncoderDecoder {
  readonly config: Complete;
  /** The target's, and the source's where they share it. */
  readonly tokens: Embedding;
  readonly sourceTokens: Embedding | null;
  readonly sourcePositions: LearnedPositions | null;
  readonly targetPositions: LearnedPositions | null;
  readonly encoder: Stack;
  readonly decoder: Stack;
  readonly head: LanguageHead;

  /** What parameters were called in files of Heed 0.1: nn.Transformer's names. */
  static readonly formerNames: FormerNames = [
    [/^((?:optimizer\.\w+|average\.\d+)\.)?output\./, '$1head.'],
    [/\bembedding\./, 'tokens.'],
    [/\bsource_embedding\./, 'sourceTokens.'],
    [/\b(source|target)_positions\./, '$1Positions.'],
    [/\.self_attn\.in_proj_/, '.attention.qkv.'],
    [/\.self_attn\.out_proj\./, '.attention.output.'],
    [/\.multihead_attn\.(q|kv)_proj\./, '.crossAttention.$1.'],
    [/\.multihead_attn\.out_proj\./, '.crossAttention.output.'],
    [/\.linear1\./, '.feedForward.up.'],
    [/\.linear2\./, '.feedForward.down.'],
    [/\.norm1\./, '.attentionNorm.'],
    [/(encoder\.layers\.\d+)\.norm2\./, '$1.feedForwardNorm.'],
    [/\.norm2\./, '.crossAttentionNorm.'],
    [/\.norm3\./, '.feedForwardNorm.'],
  ];

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: EncoderDecoderConfig) {
    const c = completeEncoderDecoder(config);
    this.config = c;
    const { vocabulary, width, padding, tied } = c;
    // Scaled by √C, entries start about as large as the sines that are added to them.
    const init = normal(width ** -0.5);
    const learned = (): LearnedPositions | null =>
      c.positions === 'sinusoidal'
        ? null
        : new LearnedPositions(c.context, width, { init, trainable: c.positions === 'learned' });
    this.tokens = new Embedding(vocabulary, width, { init, padding });
    this.sourceTokens = c.shared ? null : new Embedding(c.sourceVocabulary, width, { init, padding });
    this.sourcePositions = learned();
    this.targetPositions = learned();
    this.encoder = makeStack(c, 'encoder');
    this.decoder = makeStack(c, 'decoder');
    this.head = new LanguageHead({ width, vocabulary, tied, bias: c.outputBias, init });
  }

  /**
   * source (B, S) and target (B, T) u32 -> logits (B, T, V), row t for what follows the target's token t. Lengths,
   * u32 (B), say how many tokens of each are real; null means all. Those of the target only matter to rows that are
   * padding themselves. Throws `ShapeError`.
   */
  forward(
    g: Graph,
    source: Tensor,
    sourceLengths: Tensor | null,
    target: Tensor,
    targetLengths: Tensor | null = null,
  ): Tensor {
    const memory = this.encode(g, source, sourceLengths);
    return this.decode(g, memory, sourceLengths, target, targetLengths);
  }

  /**
   * Mean cross-entropy in nats over the labels that are not IGNORE_INDEX: labels (B, T) u32 are the target moved on by
   * one. `smoothing` is spread evenly over the vocabulary, 0.1 in the paper; default 0. -> scalar.
   */
  loss(
    g: Graph,
    source: Tensor,
    sourceLengths: Tensor | null,
    target: Tensor,
    labels: Tensor,
    options: { readonly smoothing?: number } = {},
  ): Tensor {
    const { smoothing = 0 } = options;
    expectOptions('EncoderDecoder.loss', options, { smoothing });
    const logits = this.forward(g, source, sourceLengths, target);
    return crossEntropy(g, logits, labels, { labelSmoothing: smoothing });
  }

  /** source (B, S) u32, lengths u32 (B) or null -> memory (B, S, C). Runs at `position` 0. */
  encode(g: Graph, source: Tensor, lengths: Tensor | null): Tensor {
    const { sourceTokens, tokens, sourcePositions } = this;
    return g.scope('encoder', () => {
      const x = this.#embed(g, source, sourceTokens ?? tokens, sourcePositions, 'source', {
        after: this.encoder.prefix,
      });
      return this.encoder.forward(g, x, { lengths });
    });
  }

  /** memory (B, S, C) of `encode`, with its lengths, and target (B, T) u32 -> logits (B, T, V), as `forward`. */
  decode(
    g: Graph,
    memory: Tensor,
    lengths: Tensor | null,
    target: Tensor,
    targetLengths: Tensor | null = null,
  ): Tensor {
    const input = { lengths: targetLengths, memory, memoryLengths: lengths };
    return this.#logits(
      g,
      this.#decoded(g, target, () => input),
    );
  }

  /**
   * Fills the caches of N sentences with what decoding needs of their memory (N, S, C): each layer's keys and values of
   * cross-attention. In a run at `position` 0. S may be less than the caches were made for; then `next` needs `sourceLengths`.
   */
  remember(g: Graph, memory: Tensor, state: readonly LayerState[]): void {
    g.scope('decoder', () => {
      for (const [i, { crossAttention }] of this.decoder.layers.entries()) {
        g.scope(`layers.${i}.crossAttention`, () => crossAttention!.remember(g, memory, state[i].cross!));
      }
    });
  }

  /**
   * The next tokens of N sentences with K hypotheses each (rows n·K to n·K + K - 1 are sentence n's), through caches
   * that `remember` has filled: rows stand at `step.position` and after. `sourceLengths` u32 (N) are the sources'. Before
   * anything else, `order` u32 (N·K) moves hypotheses: row r goes on from what row order[r] was, of the same sentence.
   * ids (N·K, T) u32, usually T = 1 -> logits (N·K, V) of row `step.length` - 1 (T = 1: of the only one). `look` is
   * called while recording with each layer's queries (N, K·T, C) and keys (N, S, C) of cross-attention. `starts` and
   * `lengths` are those of `Decoder.next`.
   */
  next(
    g: Graph,
    ids: Tensor,
    state: readonly LayerState[],
    options: NextOptions & { readonly order?: Tensor | null } = {},
  ): Tensor {
    const { sourceLengths = null, starts, lengths, order, look } = options;
    expectOptions('EncoderDecoder.next', options, { sourceLengths, starts, lengths, order, look });
    const placed = placedOf(options);
    const [rows, time] = ids.shape;
    if (order) g.scope('decoder', () => reorderState(g, state, order, starts ? { starts } : {}));
    const input = (i: number): LayerInput => ({
      ...{ state: state[i], memoryLengths: sourceLengths, ...placed },
      ...(look && { look: (q: Tensor, keys: Tensor) => look(i, q, keys) }),
    });
    const hidden = this.#decoded(g, ids, input, placed);
    if (time === 1) return this.#logits(g, g.view(hidden, [rows, this.config.width]));
    return this.#logits(g, selectRows(g, hidden, lengths ? { lengths } : {}));
  }

  /** Empty caches for N = `batch` sentences; give them to a ParameterStore for memory. */
  caches(batch: number, sizes: CacheSizes = {}): LayerState[] {
    const { context } = this.config;
    const { beams = 1, source = context, target = context, dtype = 'f32' } = sizes;
    expectOptions('EncoderDecoder.caches', sizes, { beams, source, target, dtype });
    const rows = { batch: batch * beams, capacity: target };
    return this.decoder.state({ ...rows, memories: batch, memoryCapacity: source, dtype });
  }

  /** The decoder's stack over ids (B, T) -> (B, T, C). */
  #decoded(
    g: Graph,
    ids: Tensor,
    input: (layer: number) => LayerInput,
    placed: PositionsOptions = {},
  ): Tensor {
    const { decoder, tokens, targetPositions } = this;
    const embed = (): Tensor =>
      this.#embed(g, ids, tokens, targetPositions, 'target', { ...placed, after: decoder.prefix });
    return g.scope('decoder', () => decoder.forward(g, embed(), input));
  }

  #embed(
    g: Graph,
    ids: Tensor,
    table: Embedding,
    learned: LearnedPositions | null,
    what: 'source' | 'target',
    { after, ...placed }: PositionsOptions & { readonly after: number },
  ): Tensor {
    const { context, width, scaleEmbedding, dropout: p } = this.config;
    const todo = 'cut the text at the ends of sentences or raise context';
    expectContext('EncoderDecoder', ids, context, todo, `${what} ids`);
    return g.scope('embed', () => {
      const rows = table.forward(g, ids);
      const x = scaleEmbedding ? scale(g, rows, Math.sqrt(width)) : rows;
      const sines = (): Tensor => {
        const all = sinusoidal(g, after + context, width);
        return after > 0 ? slice(g, all, 0, after, context) : all;
      };
      const y = learned?.forward(g, x, { ...placed, after }) ?? addPositions(g, x, sines(), placed);
      return g.train && p > 0 ? dropout(g, y, p) : y;
    });
  }

  #logits(g: Graph, x: Tensor): Tensor {
    return g.call(this, 'head', x, this.tokens.weight);
  }
}
