/**
 * A language model that reads from left to right, put together of blocks that a family chooses: what Llama, Gemma, BLOOM
 * or Phi are, each with its own norms, positions and heads. `GPT` is the one that puts itself together by settings.
 */
import {
  crossEntropy,
  dropout,
  expectOptions,
  LanguageHead,
  scale,
  selectRows,
  tanh,
  type Embedding,
  type Graph,
  type Init,
  type LayerState,
  type LearnedPositions,
  type Norm,
  type PositionsOptions,
  type Stack,
  type Tensor,
} from '../engine/index';
import { placedOf, type CacheSizes, type Placed } from './generation/decoder';
import { expectContext, expectSizes } from './option_checks';

export interface CausalLMConfig {
  /** V. */
  readonly vocabulary: number;
  /** The longest text, in tokens. */
  readonly context: number;
  /** C: width of the residual stream. */
  readonly width: number;
  /** Share the token embedding with the output layer. */
  readonly tied: boolean;
}

export interface CausalLMParts extends CausalLMConfig {
  readonly tokens: Embedding;
  /** Added to embeddings. Default null: attention knows positions by itself. */
  readonly positions?: LearnedPositions | null;
  /** Of the embeddings (BLOOM). Default null: none. */
  readonly embeddingNorm?: Norm | null;
  /** Factor on embeddings (Gemma). Default 1. */
  readonly embeddingScale?: number;
  /** Probability of dropping a number of the embeddings while training. Default 0. */
  readonly embeddingDropout?: number;
  readonly stack: Stack;
  /** First values of an output matrix of its own. Default those of `Linear`. */
  readonly init?: Init;
  /** A bias per token in the output layer (Phi). Default false. */
  readonly outputBias?: boolean;
  /** Bounds logits of tokens by cap · tanh(logit / cap) (Gemma 2). Default null: none. */
  readonly softcap?: number | null;
}

export class CausalLM<C extends CausalLMConfig = CausalLMConfig> {
  readonly config: C;
  readonly tokens: Embedding;
  readonly positions: LearnedPositions | null;
  readonly embeddingNorm: Norm | null;
  readonly stack: Stack;
  readonly head: LanguageHead;
  readonly #where: string;
  readonly #embeddingScale: number;
  readonly #embeddingDropout: number;
  readonly #softcap: number | null;

  /**
   * Throws `ShapeError` or `EngineError` for numbers that cannot work. `own`: what a class over it is called in errors, and
   * its settings, of which those here are part.
   */
  constructor(parts: CausalLMParts, own: { readonly where?: string; readonly config?: C } = {}) {
    const { vocabulary, context, width, tied, tokens, positions = null, embeddingNorm = null } = parts;
    const { embeddingScale = 1, embeddingDropout = 0, stack, init } = parts;
    const { outputBias = false, softcap = null } = parts;
    const { where = 'CausalLM' } = own;
    const config = { vocabulary, context, width, tied };
    const options = { embeddingScale, embeddingDropout, init, outputBias, softcap };
    expectOptions(where, parts, { ...config, ...options, tokens, positions, embeddingNorm, stack });
    expectSizes(where, config, ['vocabulary', 'context', 'width']);
    this.config = own.config ?? (config as CausalLMConfig as C);
    this.tokens = tokens;
    this.positions = positions;
    this.embeddingNorm = embeddingNorm;
    this.stack = stack;
    this.head = new LanguageHead({ width, vocabulary, tied, bias: outputBias, ...(init && { init }) });
    this.#where = where;
    this.#embeddingScale = embeddingScale;
    this.#embeddingDropout = embeddingDropout;
    this.#softcap = softcap;
  }

  /** ids (B, T) u32 -> logits (B, T, V). */
  forward(g: Graph, ids: Tensor): Tensor {
    return this.#logits(g, this.hidden(g, ids).at(-1)!);
  }

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets (B, T) u32 -> scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    return crossEntropy(g, this.forward(g, ids), targets);
  }

  /** ids (B, T) u32 -> what goes into each layer, then what comes out in the end, normalised, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor): Tensor[] {
    return this.#hidden(g, ids, null);
  }

  /**
   * One stretch of a sequence through the KV cache: rows stand at `step.position` and after; `step.length` of them are
   * real. ids (B, T) u32 -> logits (B, V) of the last real row. `starts` and `lengths` are those of `Decoder.next`.
   */
  next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed = {}): Tensor {
    const { starts, lengths } = options;
    expectOptions(`${this.#where}.next`, options, { starts, lengths });
    const x = this.#hidden(g, ids, state, placedOf(options)).at(-1)!;
    return this.#logits(g, selectRows(g, x, lengths ? { lengths } : {}));
  }

  /** Empty caches for `sequences`, K = `beams` rows each, of up to `target` tokens; give them to a ParameterStore for memory. */
  caches(sequences: number, sizes: Omit<CacheSizes, 'source'> = {}): LayerState[] {
    // Rows of a prefix take the first learned positions.
    const room = this.config.context - (this.positions ? this.stack.prefix : 0);
    const { beams = 1, target = room, dtype = 'f32' } = sizes;
    expectOptions(`${this.#where}.caches`, sizes, { beams, target, dtype });
    return this.stack.state({ batch: sequences * beams, capacity: target, dtype });
  }

  #hidden(
    g: Graph,
    ids: Tensor,
    state: readonly LayerState[] | null,
    placed: PositionsOptions = {},
  ): Tensor[] {
    expectContext(this.#where, ids, this.config.context, 'shorten the text or raise context');
    let x = g.call(this, 'tokens', ids);
    if (this.#embeddingScale !== 1) x = scale(g, x, this.#embeddingScale);
    if (this.positions) x = g.call(this, 'positions', x, { ...placed, after: this.stack.prefix });
    if (this.embeddingNorm) x = g.call(this, 'embeddingNorm', x);
    if (g.train && this.#embeddingDropout > 0) x = dropout(g, x, this.#embeddingDropout);
    return g.scope('stack', () =>
      this.stack.hidden(g, x, (i) => (state ? { state: state[i], ...placed } : {})),
    );
  }

  #logits(g: Graph, x: Tensor): Tensor {
    const logits = g.call(this, 'head', x, this.tokens.weight);
    const cap = this.#softcap;
    return cap === null ? logits : scale(g, tanh(g, scale(g, logits, 1 / cap)), cap);
  }
}
