/** What models that read from left to right have in common, whatever their heads: put together of blocks that a family chooses. */
import {
  dropout,
  expectOptions,
  PromptPlace,
  scale,
  type Embedding,
  type Graph,
  type Init,
  type LayerState,
  type LearnedPositions,
  type Norm,
  type PositionsOptions,
  type Stack,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { expectContext, expectSizes, lengthsIn } from './option_checks';

/** What every decoder-only model tells of its sizes. */
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

/** What a decoder-only model is made of. */
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

/** What a class over it is called in errors, and its settings, of which `CausalLMConfig` is part. */
export interface CausalOwn<C> {
  readonly where?: string;
  readonly config?: C;
}

/** What decoder-only models have below their heads: embeddings, positions and layers. */
export class CausalBody<C extends CausalLMConfig = CausalLMConfig> {
  readonly config: C;
  readonly tokens: Embedding;
  /** See the adapter `prompt`. */
  readonly prompt: PromptPlace;
  readonly positions: LearnedPositions | null;
  readonly embeddingNorm: Norm | null;
  readonly stack: Stack;
  readonly #where: string;
  readonly #parts: CausalLMParts;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(parts: CausalLMParts, own: CausalOwn<C> = {}) {
    const { vocabulary, context, width, tied, tokens, positions = null, embeddingNorm = null, stack } = parts;
    const { where = 'CausalLM' } = own;
    const config = { vocabulary, context, width, tied };
    expectOptions(where, parts, {
      ...{ ...config, tokens, positions, embeddingNorm, stack },
      ...{ embeddingScale: 1, embeddingDropout: 0, init: 0, outputBias: false, softcap: null },
    });
    expectSizes(where, config, ['vocabulary', 'context', 'width']);
    this.config = own.config ?? (config as CausalLMConfig as C);
    this.tokens = tokens;
    this.prompt = new PromptPlace(tokens);
    this.positions = positions;
    this.embeddingNorm = embeddingNorm;
    this.stack = stack;
    this.#where = where;
    this.#parts = parts;
  }

  /** What it was made of: another head's body. */
  get parts(): CausalLMParts {
    return this.#parts;
  }

  /** What it is called in errors. */
  get where(): string {
    return this.#where;
  }

  /**
   * ids (B, T) u32 -> what goes into each layer, then what comes out in the end, normalised, (B, T, C) each. `lengths`, u32
   * (B): tokens that are real in each text, for those who read rows of padding, too; others need none.
   */
  hidden(g: Graph, ids: Tensor, input: TextInput = {}): Tensor[] {
    const lengths = lengthsIn(this.#where, input);
    const { prompt } = this;
    expectContext(this.#where, ids, this.config.context - prompt.rows, 'shorten the text or raise context');
    const x = prompt.put(g, g.call(this, 'tokens', ids));
    const states = this.layered(g, x, { lengths: prompt.lengths(g, lengths, ids.shape[1]) });
    return states.map((rows) => prompt.cut(g, rows));
  }

  /** Rows that go on after what caches hold, at the places of `placed`: ids (B, T) u32 -> (B, T, C) of the last layer. */
  protected after(g: Graph, ids: Tensor, state: readonly LayerState[], placed: PositionsOptions): Tensor {
    expectContext(this.#where, ids, this.config.context, 'shorten the text or raise context');
    return this.layered(g, g.call(this, 'tokens', ids), { state, placed }).at(-1)!;
  }

  /** Embeddings (B, T, E) -> as `hidden`. */
  protected layered(
    g: Graph,
    embedded: Tensor,
    options: {
      readonly state?: readonly LayerState[];
      readonly placed?: PositionsOptions & { readonly lengths?: Tensor | null };
      readonly lengths?: Tensor | null;
    },
  ): Tensor[] {
    const { state, placed = {}, lengths = null } = options;
    const { embeddingScale = 1, embeddingDropout = 0 } = this.#parts;
    let x = embedded;
    if (embeddingScale !== 1) x = scale(g, x, embeddingScale);
    if (this.positions) {
      x = g.call(this, 'positions', x, { ...placed, after: this.stack.prefix, padded: lengths });
    }
    if (this.embeddingNorm) x = g.call(this, 'embeddingNorm', x);
    if (g.drops && embeddingDropout > 0) x = dropout(g, x, embeddingDropout);
    const padded = lengths ? { lengths } : {};
    return g.scope('stack', () =>
      this.stack.hidden(g, x, (i) => (state ? { state: state[i], ...placed } : padded)),
    );
  }
}
