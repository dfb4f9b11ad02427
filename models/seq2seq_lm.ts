/**
 * A language model that reads a source and writes a target, put together of blocks that a family chooses: what T5, BART or
 * NLLB are, each with its own norms, positions and heads. `EncoderDecoder` is the one that puts itself together by settings.
 */
import {
  concat,
  crossEntropy,
  dropout,
  expectOptions,
  EngineError,
  formatShape,
  LanguageHead,
  Linear,
  PromptPlace,
  reorderState,
  scale,
  selectRows,
  ShapeError,
  slice,
  type Embedding,
  type Graph,
  type Init,
  type LayerInput,
  type LayerState,
  type LearnedPositions,
  type Norm,
  type PositionsOptions,
  type SinusoidalPositions,
  type Stack,
  type Tensor,
} from '../engine/index';
import { placedOf, type CacheSizes, type NextOptions } from './generation/decoder';
import { expectContext, expectSizes } from './option_checks';

/** What every encoder-decoder tells of its sizes. */
export interface Seq2SeqLMConfig {
  /** V: ids of the target are below it. */
  readonly vocabulary: number;
  /** The same of the source. */
  readonly sourceVocabulary: number;
  /** The longest target, in tokens, and the longest source, too, but for `sourceContext`. */
  readonly context: number;
  /** S: rows of a source, where a `reader` makes them. Default `context`. */
  readonly sourceContext?: number;
  /** Shape of one source that a `reader` reads, where all are of one: [3, H, W] of pixels. Default: they are ids, or of any length. */
  readonly sourceShape?: readonly number[];
  /** C: width of the residual stream. */
  readonly width: number;
  /** H of cross-attention. */
  readonly heads: number;
  /** Share the target's embedding with the output layer. */
  readonly tied: boolean;
  /** The id that sources must not hold, for positions are counted without it. Default: they may hold any. */
  readonly sourcePadding?: number;
}

/** What is added to embeddings by where a token stands. */
export type Positions = LearnedPositions | SinusoidalPositions;

/** Makes the rows of a source that is no text, such as a spectrogram: see `AudioReader`. */
export interface SourceReader {
  /** source (B, …) -> (B, S, C). Throws `ShapeError` for one that it cannot read. */
  forward(g: Graph, source: Tensor): Tensor;
}

/** What an encoder-decoder is made of. */
export interface Seq2SeqLMParts extends Omit<Seq2SeqLMConfig, 'sourceVocabulary'> {
  /** Default `vocabulary`. */
  readonly sourceVocabulary?: number;
  /** The target's table, and the source's where `sourceTokens` is null. */
  readonly tokens: Embedding;
  /** Default null: source and target share one. */
  readonly sourceTokens?: Embedding | null;
  /** Reads sources instead of a table. Default null: they are ids. */
  readonly reader?: SourceReader | null;
  /** Width of the encoder's rows; a layer brings them to that of the decoder where it is another. Default `width`. */
  readonly sourceWidth?: number;
  /** Added to embeddings. Default null: attention knows positions by itself. */
  readonly sourcePositions?: Positions | null;
  readonly targetPositions?: Positions | null;
  /** Of embeddings, positions added (BART). Default null: none. */
  readonly sourceNorm?: Norm | null;
  readonly targetNorm?: Norm | null;
  /** Factor on embeddings, before positions. Default 1. */
  readonly embeddingScale?: number;
  /** Probability of dropping a number of the embeddings while training. Default 0. */
  readonly embeddingDropout?: number;
  /** The same of a source's rows. Default `embeddingDropout`. */
  readonly sourceDropout?: number;
  readonly encoder: Stack;
  /** Its layers have cross-attention. */
  readonly decoder: Stack;
  /** Factor on what goes into the output layer (T5). Default 1. */
  readonly headScale?: number;
  /** A bias per token in the output layer; 'frozen' for one that does not train. Default false. */
  readonly outputBias?: boolean | 'frozen';
  /** First values of an output matrix of its own. Default those of `Linear`. */
  readonly init?: Init;
}

/** Source and target on their way into a stack. */
interface Side {
  readonly table: Embedding;
  readonly positions: Positions | null;
  readonly norm: Norm | null;
  readonly what: 'source' | 'target';
  /** What stands before the others, of which the last falls out. Default null: nothing. */
  readonly begin?: Begin | null;
  /** Default: none. */
  readonly prompt?: PromptPlace;
}

/** An id, or the last token of each text of `lengths` (null: of all T). */
type Begin = number | { readonly lengths: Tensor | null };

/** The row that a text begins with, (B, 1, C): of the id `begin`, or of its last of x (B, T, C). */
function firstOf(g: Graph, x: Tensor, begin: Begin, table: Embedding): Tensor {
  const [B, T, C] = x.shape;
  if (typeof begin === 'number') {
    return table.forward(g, g.constant('begin', [B, 1], new Uint32Array(B).fill(begin)));
  }
  const { lengths } = begin;
  return lengths ? g.view(selectRows(g, x, { lengths }), [B, 1, C]) : slice(g, x, 1, T - 1, 1);
}

/** Rows (B, T, C) behind `first` (B, 1, C), without the last. */
const movedOn = (g: Graph, x: Tensor, first: Tensor): Tensor =>
  x.shape[1] === 1 ? first : concat(g, [first, slice(g, x, 1, 0, x.shape[1] - 1)], 1);

/** An encoder-decoder language model made of parts: what Marian, BART, T5, M2M-100 and their kin are. */
export class Seq2SeqLM<C extends Seq2SeqLMConfig = Seq2SeqLMConfig> {
  readonly config: C;
  /** The target's, and the source's where they share it. */
  readonly tokens: Embedding;
  readonly sourceTokens: Embedding | null;
  /** What reads sources that are no ids. */
  readonly reader: SourceReader | null;
  /** Before the source, see the adapter `prompt`. */
  readonly prompt: PromptPlace;
  readonly sourcePositions: Positions | null;
  readonly targetPositions: Positions | null;
  readonly sourceNorm: Norm | null;
  readonly targetNorm: Norm | null;
  readonly encoder: Stack;
  /** What brings the encoder's rows to the decoder's width; null where they are as wide. */
  readonly projection: Linear | null;
  readonly decoder: Stack;
  readonly head: LanguageHead;
  readonly #where: string;
  readonly #embeddingScale: number;
  readonly #embeddingDropout: number;
  readonly #sourceDropout: number;
  readonly #sourceWidth: number;
  readonly #headScale: number;

  /**
   * Throws `ShapeError` or `EngineError` for numbers that cannot work. `own`: what a class over it is called in errors, and
   * its settings, of which those here are part.
   */
  constructor(parts: Seq2SeqLMParts, own: { readonly where?: string; readonly config?: C } = {}) {
    const { vocabulary, sourceVocabulary = vocabulary, context, width, heads, tied } = parts;
    const { tokens, sourceTokens = null, sourcePositions = null, targetPositions = null } = parts;
    const { reader = null, sourceContext, sourceShape, sourceWidth = width } = parts;
    const { sourceNorm = null, targetNorm = null, embeddingScale = 1, embeddingDropout = 0 } = parts;
    const { sourceDropout = embeddingDropout } = parts;
    const { encoder, decoder, headScale = 1, outputBias = false, init, sourcePadding } = parts;
    const { where = 'Seq2SeqLM' } = own;
    const sizes = { vocabulary, sourceVocabulary, context, width, heads, tied };
    const config = {
      ...{ ...sizes, ...(sourcePadding !== undefined && { sourcePadding }) },
      ...(sourceContext !== undefined && { sourceContext }),
      ...(sourceShape !== undefined && { sourceShape }),
    };
    expectOptions(where, parts, {
      ...{
        ...sizes,
        sourcePadding,
        sourceContext,
        sourceShape,
        sourceWidth,
        tokens,
        sourceTokens,
        reader,
        sourcePositions,
        targetPositions,
        sourceNorm,
        targetNorm,
      },
      ...{ embeddingScale, embeddingDropout, sourceDropout, encoder, decoder, headScale, outputBias, init },
    });
    expectSizes(where, config, ['vocabulary', 'sourceVocabulary', 'context', 'width', 'heads']);
    expectSizes(where, { sourceWidth }, ['sourceWidth']);
    if (sourceContext !== undefined) expectSizes(where, { sourceContext }, ['sourceContext']);
    this.config = own.config ?? (config as Seq2SeqLMConfig as C);
    this.tokens = tokens;
    this.sourceTokens = sourceTokens;
    this.reader = reader;
    this.prompt = new PromptPlace(sourceTokens ?? tokens);
    this.sourcePositions = sourcePositions;
    this.targetPositions = targetPositions;
    this.sourceNorm = sourceNorm;
    this.targetNorm = targetNorm;
    this.encoder = encoder;
    this.projection =
      sourceWidth === width ? null : new Linear(sourceWidth, width, { ...(init && { init }) });
    this.decoder = decoder;
    this.head = new LanguageHead({ width, vocabulary, tied, bias: outputBias, ...(init && { init }) });
    this.#where = where;
    this.#embeddingScale = embeddingScale;
    this.#embeddingDropout = embeddingDropout;
    this.#sourceDropout = sourceDropout;
    this.#sourceWidth = sourceWidth;
    this.#headScale = headScale;
  }

  /**
   * source (B, S), or what the `reader` reads, and target (B, T) u32 -> logits (B, T, V), row t for what follows the target's token t. Lengths,
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
    expectOptions(`${this.#where}.loss`, options, { smoothing });
    const logits = this.forward(g, source, sourceLengths, target);
    return crossEntropy(g, logits, labels, { labelSmoothing: smoothing });
  }

  /**
   * What goes into each layer, then what comes out in the end, (B, S, C) of the encoder and (B, T, C) of the decoder each:
   * Transformers' `encoder_hidden_states` and `decoder_hidden_states`. Inputs as in `forward`.
   */
  hidden(
    g: Graph,
    source: Tensor,
    sourceLengths: Tensor | null,
    target: Tensor,
  ): { readonly encoder: Tensor[]; readonly decoder: Tensor[] } {
    const whole = this.#encoded(g, source, sourceLengths);
    const memory = this.#projected(g, whole.at(-1)!);
    const input = { memory, memoryLengths: this.#remembered(g, sourceLengths) };
    const encoder = whole.map((x) => this.prompt.cut(g, x));
    return { encoder, decoder: this.#decoded(g, target, () => input) };
  }

  /**
   * What the decoder makes of the source itself, behind the id `begin` and without its last token: (B, S, C), row t of what it
   * has read up to token t - 1. With 'last' each text begins with its own last token (mBART, where that is its language). Heads
   * that judge a text read it (BART's classes).
   */
  reread(g: Graph, source: Tensor, lengths: Tensor | null, begin: number | 'last'): Tensor {
    const memoryLengths = this.#remembered(g, lengths);
    const input = { memory: this.encode(g, source, lengths), memoryLengths };
    const first = begin === 'last' ? { lengths } : begin;
    return this.#decoded(g, source, () => input, { begin: first }).at(-1)!;
  }

  /** source (B, S) u32, lengths u32 (B) or null -> memory (B, S, C); (B, P + S, C) with a prompt of P rows. Runs at `position` 0. */
  encode(g: Graph, source: Tensor, lengths: Tensor | null): Tensor {
    return this.#projected(g, this.#encoded(g, source, lengths).at(-1)!);
  }

  /** memory of `encode`, the lengths of its sources, and target (B, T) u32 -> logits (B, T, V), as `forward`. */
  decode(
    g: Graph,
    memory: Tensor,
    lengths: Tensor | null,
    target: Tensor,
    targetLengths: Tensor | null = null,
  ): Tensor {
    const input = { lengths: targetLengths, memory, memoryLengths: this.#remembered(g, lengths) };
    return this.#logits(g, this.#decoded(g, target, () => input).at(-1)!);
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
   * ids (N·K, T) u32, usually T = 1 -> logits (N·K, V) of row `step.length` - 1 (T = 1: of the only one). `look`, `starts`
   * and `lengths` are those of `Decoder.next`.
   */
  next(
    g: Graph,
    ids: Tensor,
    state: readonly LayerState[],
    options: NextOptions & { readonly order?: Tensor | null } = {},
  ): Tensor {
    const { sourceLengths = null, starts, lengths, order, look } = options;
    expectOptions(`${this.#where}.next`, options, { sourceLengths, starts, lengths, order, look });
    if (look && this.prompt.rows > 0) {
      const what = 'attention to the source is asked for, before which a prompt stands';
      throw new EngineError(`${this.#where}.next`, what, 'Leave coverage out.');
    }
    const memoryLengths = this.#remembered(g, sourceLengths);
    const placed = placedOf(options);
    const [rows, time] = ids.shape;
    if (order) g.scope('decoder', () => reorderState(g, state, order, starts ? { starts } : {}));
    const input = (i: number): LayerInput => ({
      ...{ state: state[i], memoryLengths, ...placed },
      ...(look && { look: (q: Tensor, keys: Tensor, scale: number) => look(i, q, keys, scale) }),
    });
    const hidden = this.#decoded(g, ids, input, placed).at(-1)!;
    if (time === 1) return this.#logits(g, g.view(hidden, [rows, this.config.width]));
    return this.#logits(g, selectRows(g, hidden, lengths ? { lengths } : {}));
  }

  /** Empty caches for N = `batch` sentences; give them to a ParameterStore for memory. */
  caches(batch: number, sizes: CacheSizes = {}): LayerState[] {
    const { context, sourceContext = context } = this.config;
    const { beams = 1, source = sourceContext, target = context, dtype = 'f32' } = sizes;
    expectOptions(`${this.#where}.caches`, sizes, { beams, source, target, dtype });
    const rows = { batch: batch * beams, capacity: target };
    const memoryCapacity = this.prompt.rows + source;
    return this.decoder.state({ ...rows, memories: batch, memoryCapacity, dtype });
  }

  #encoded(g: Graph, source: Tensor, lengths: Tensor | null): Tensor[] {
    const { sourceTokens, tokens, sourcePositions: positions, sourceNorm: norm, encoder } = this;
    const table = sourceTokens ?? tokens;
    const side: Side = { table, positions, norm, what: 'source', prompt: this.prompt };
    return g.scope('encoder', () => {
      const placed = { after: encoder.prefix };
      if (this.reader) return encoder.hidden(g, this.#read(g, source, placed), { lengths });
      return encoder.hidden(g, this.#embed(g, source, side, placed), {
        lengths: this.prompt.lengths(g, lengths, source.shape[1]),
      });
    });
  }

  /** The encoder's last rows as the decoder attends to them. */
  #projected(g: Graph, rows: Tensor): Tensor {
    return this.projection ? g.call(this, 'projection', rows) : rows;
  }

  /** How many rows of a memory are real, by the tokens of its source. */
  #remembered(g: Graph, lengths: Tensor | null): Tensor | null {
    const { context, sourceContext = context } = this.config;
    return this.prompt.lengths(g, lengths, sourceContext);
  }

  /** The decoder's stack over ids (B, T) -> what goes into each layer, then what comes out, (B, T, C). */
  #decoded(
    g: Graph,
    ids: Tensor,
    input: (layer: number) => LayerInput,
    { begin, ...placed }: PositionsOptions & { readonly begin?: Begin } = {},
  ): Tensor[] {
    const { decoder, tokens: table, targetPositions: positions, targetNorm: norm } = this;
    const side: Side = { table, positions, norm, what: 'target', begin: begin ?? null };
    return g.scope('decoder', () =>
      decoder.hidden(g, this.#embed(g, ids, side, { ...placed, after: decoder.prefix }), input),
    );
  }

  #embed(
    g: Graph,
    ids: Tensor,
    { table, positions, norm, what, begin = null, prompt }: Side,
    placed: PositionsOptions & { readonly after: number },
  ): Tensor {
    const context = this.config.context - (prompt?.rows ?? 0);
    const todo = 'cut the text at the ends of sentences or raise context';
    expectContext(this.#where, ids, context, todo, `${what} ids`);
    return g.scope('embed', () => {
      let x = table.forward(g, ids);
      if (prompt) x = prompt.put(g, x);
      if (begin !== null) x = movedOn(g, x, firstOf(g, x, begin, table));
      if (this.#embeddingScale !== 1) x = scale(g, x, this.#embeddingScale);
      if (positions) x = positions.forward(g, x, placed);
      if (norm) x = norm.forward(g, x);
      return dropout(g, x, what === 'source' ? this.#sourceDropout : this.#embeddingDropout);
    });
  }

  /** The rows of a source that is no text. */
  #read(g: Graph, source: Tensor, placed: { readonly after: number }): Tensor {
    const { context, sourceContext = context } = this.config;
    const width = this.#sourceWidth;
    if (this.prompt.rows > 0) {
      const what = 'virtual tokens (prompt) stand before a source that is no text';
      throw new EngineError(this.#where, what, 'Adapt the model by lora or prefix.');
    }
    return g.scope('embed', () => {
      let x = g.call(this, 'reader', source);
      const [, rows] = x.shape;
      if (x.shape.length !== 3 || x.shape[2] !== width || rows > sourceContext) {
        const what = `the source is ${formatShape(source.shape)}, which the reader makes ${formatShape(x.shape)}`;
        throw new ShapeError(
          this.#where,
          what,
          `It must be (B, S, ${width}) with S at most ${sourceContext}.`,
        );
      }
      if (this.sourcePositions) x = this.sourcePositions.forward(g, x, placed);
      if (this.sourceNorm) x = this.sourceNorm.forward(g, x);
      return dropout(g, x, this.#sourceDropout);
    });
  }

  #logits(g: Graph, x: Tensor): Tensor {
    const rows = this.#headScale === 1 ? x : scale(g, x, this.#headScale);
    return g.call(this, 'head', rows, this.tokens.weight);
  }
}
