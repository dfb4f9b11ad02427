/**
 * GPT: a decoder-only transformer. GPT-2's architecture by default (Radford et al. 2019), with the options that made
 * it modern: rotary positions (Su et al. 2021), RMSNorm, SwiGLU (Shazeer 2020), grouped-query heads (Ainslie et al.
 * 2023).
 */
import {
  Attention,
  type CrossAttention,
  Embedding,
  EngineError,
  expectActivation,
  expectOptions,
  FeedForward,
  heldBy,
  LayerNorm,
  LearnedPositions,
  normal,
  RMSNorm,
  ropeFrequencies,
  ShapeError,
  Stack,
  TransformerLayer,
  type Activation,
  type FormerNames,
  type Graph,
  type LayerState,
  type Norm,
  type RopeScaling,
  type RotaryOptions,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { CausalLM } from './causal_lm';
import type { CacheSizes, Placed } from './generation/decoder';
import { definedOf, expectKinds, expectRates, expectSizes } from './option_checks';

/** Sizes and options of `GPT`. */
export interface GPTConfig {
  /** V: number of token ids. */
  readonly vocabulary: number;
  /** The longest sequence, in tokens. */
  readonly context: number;
  readonly layers: number;
  readonly heads: number;
  /** C: width of the residual stream; a multiple of `heads`. */
  readonly width: number;
  /** Width of the feed-forward layer. Default 4 × width. */
  readonly hidden?: number;
  /** Heads that have keys and values; queries share them in groups (GQA). Default `heads`. */
  readonly keyValueHeads?: number;
  /** Probability of dropping a number of each sublayer's output while training. Default 0. */
  readonly dropout?: number;
  /** The same of the embeddings, positions added. Default `dropout`. */
  readonly embeddingDropout?: number;
  /** The same of attention's weights. Default 0. */
  readonly attentionDropout?: number;
  /** Biases in linear layers and layer norms. Default true. */
  readonly bias?: boolean;
  /** Default 'learned'. */
  readonly positions?: 'learned' | 'rope';
  /** Default 'layer'. */
  readonly norm?: 'layer' | 'rms';
  /** Default 'gelu_tanh', GPT-2's. */
  readonly activation?: Activation;
  /** Gated feed-forward: activation(gate) · up, as SwiGLU. Default false. */
  readonly gated?: boolean;
  /** Share the token embedding with the output layer. Default true. */
  readonly tied?: boolean;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
  /** Base of the rotary frequencies. Default 10,000. */
  readonly ropeTheta?: number;
  /**
   * Rotary frequencies for texts longer than trained on. 'dynamic' ones are those of the text's length, as in
   * Transformers, and in caches those of its `context`, see `next`. Default null: none.
   */
  readonly ropeScaling?: RopeScaling | null;
  /** How linear layers keep their weights, see `LinearOptions.layout`. Default 'in_out', as GPT-2's checkpoints. */
  readonly layout?: 'out_in' | 'in_out';
  /** The id of padding, whose row of the embedding learns nothing from where it is read (Llama). Default null: none. */
  readonly padding?: number | null;
  /** See `StackOptions.recompute`. Default false. */
  readonly recompute?: boolean;
}

/** With all defaults. */
export type CompleteGPTConfig = Required<GPTConfig>;

/** Fills the defaults and refuses what cannot work, with the numbers. */
export function completeConfig(config: GPTConfig): CompleteGPTConfig {
  const defaults = {
    hidden: 4 * config.width,
    keyValueHeads: config.heads,
    dropout: 0,
    embeddingDropout: config.dropout ?? 0,
    attentionDropout: 0,
    bias: true,
    positions: 'learned',
    norm: 'layer',
    activation: 'gelu_tanh',
    gated: false,
    tied: true,
    epsilon: 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    layout: 'in_out',
    padding: null,
    recompute: false,
  } as const;
  expectOptions('GPT', config, {
    ...{ vocabulary: 0, context: 0, layers: 0, heads: 0, width: 0 },
    ...defaults,
  });
  const full = { ...defaults, ...definedOf(config) } as CompleteGPTConfig;
  expectKinds('GPT', full, {
    positions: ['learned', 'rope'],
    norm: ['layer', 'rms'],
    layout: ['out_in', 'in_out'],
    bias: [true, false],
    gated: [true, false],
    tied: [true, false],
    recompute: [true, false],
  });
  expectSizes('GPT', full, ['vocabulary', 'context', 'layers', 'heads', 'width', 'hidden', 'keyValueHeads']);
  const { width, heads, keyValueHeads } = full;
  if (width % heads !== 0) {
    throw new ShapeError('GPT', `width ${width} does not divide into ${heads} heads`, 'Choose a multiple.');
  }
  if (heads % keyValueHeads !== 0) {
    throw new ShapeError('GPT', `${heads} heads do not share ${keyValueHeads} key-value heads evenly`);
  }
  if (full.positions === 'rope' && (width / heads) % 2 !== 0) {
    throw new ShapeError('GPT', `rotary positions need an even head width, not ${width / heads}`);
  }
  if (full.ropeScaling && full.positions !== 'rope') {
    throw new EngineError('GPT', 'ropeScaling is given without rope', "Set positions to 'rope'.");
  }
  if (full.positions === 'rope') {
    ropeFrequencies({ width: width / heads, theta: full.ropeTheta, scaling: full.ropeScaling }); // or throws
  }
  expectActivation('GPT', full.activation);
  expectRates('GPT', full, ['dropout', 'embeddingDropout', 'attentionDropout']);
  return full;
}

/** Norms of a GPT. */
export const gptNorm = (c: CompleteGPTConfig): Norm =>
  c.norm === 'rms'
    ? new RMSNorm(c.width, { epsilon: c.epsilon })
    : new LayerNorm(c.width, { epsilon: c.epsilon, bias: c.bias });

/** GPT-2's initial weights. */
export const GPT_START = { init: normal(0.02) };

/** Weights that write to the residual stream start smaller, so that depth does not grow its variance (GPT-2, 2.3). */
const residualInit = (c: CompleteGPTConfig) => normal(0.02 / Math.sqrt(2 * c.layers));

/** 'dynamic' frequencies are those of a text of so many tokens, unless the configuration fixes a length. */
const rotaryOf =
  ({ ropeTheta: theta, ropeScaling: scaling }: CompleteGPTConfig) =>
  (length: number): RotaryOptions => ({
    theta,
    scaling: scaling?.type === 'dynamic' ? { context: length, ...scaling } : scaling,
  });

/** Which frequencies hold for rows whose text goes on is not known yet. */
const grows = (what: string, most: number): EngineError =>
  new EngineError(
    'GPT',
    `${what} with dynamic rope_scaling, by which all keys turn differently once a text is longer than trained`,
    `Use ${most > 0 ? `at most ${most}` : 'position 0'}, or fix the length that frequencies are for: ` +
      'ropeScaling: { ...config.ropeScaling, context: N }.',
  );

/** What an attention of a GPT is made of. */
type Keyed = ConstructorParameters<typeof CrossAttention>[0];

/**
 * A layer of a GPT; with `cross` one that attends to a memory, too, as GPT-2's `add_cross_attention` has it. It comes from outside, so
 * that a GPT without it does not bring it.
 */
export function gptLayer(c: CompleteGPTConfig, cross?: (options: Keyed) => CrossAttention): TransformerLayer {
  const { width, hidden, heads, keyValueHeads, bias, dropout, attentionDropout, activation, layout } = c;
  const shared = { width, bias, dropout, layout, ...GPT_START, outputInit: residualInit(c) };
  const keyed = { ...shared, heads, keyValueHeads, attentionDropout };
  const rope = c.positions === 'rope' ? rotaryOf(c) : null;
  return new TransformerLayer({
    attention: new Attention({ ...keyed, causal: true, rope }),
    crossAttention: cross?.(keyed) ?? null,
    feedForward: new FeedForward({ ...shared, hidden, activation, gated: c.gated }),
    ...{ norm: () => gptNorm(c), order: 'pre' },
  });
}

/**
 * A decoder-only Transformer: GPT-2's architecture by default (Radford et al. 2019), with options for rotary positions
 * (Su et al. 2021), RMSNorm, SwiGLU (Shazeer 2020) and grouped-query heads (Ainslie et al. 2023).
 */
export class GPT extends CausalLM<CompleteGPTConfig> {
  /** What parameters were called in files of Heed 0.1: GPT-2's names. */
  static readonly formerNames: FormerNames = [
    [/\bwte\./, 'tokens.'],
    [/\bwpe\./, 'positions.'],
    [/\bln_f\./, 'stack.norm.'],
    [/\blm_head\./, 'head.'],
    [/\bh\.(\d+)\.ln_1\./, 'stack.layers.$1.attentionNorm.'],
    [/\bh\.(\d+)\.ln_2\./, 'stack.layers.$1.feedForwardNorm.'],
    [/\bh\.(\d+)\.attn\.c_attn\./, 'stack.layers.$1.attention.qkv.'],
    [/\bh\.(\d+)\.attn\.c_proj\./, 'stack.layers.$1.attention.output.'],
    [/\bh\.(\d+)\.mlp\.c_fc\./, 'stack.layers.$1.feedForward.up.'],
    [/\bh\.(\d+)\.mlp\.c_proj\./, 'stack.layers.$1.feedForward.down.'],
  ];

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: GPTConfig) {
    const c = completeConfig(config);
    const { vocabulary, context, width, tied, embeddingDropout, recompute } = c;
    const layers = Array.from({ length: c.layers }, () => gptLayer(c));
    const parts = {
      ...{ vocabulary, context, width, tied, embeddingDropout, ...GPT_START },
      tokens: new Embedding(vocabulary, width, { ...GPT_START, padding: c.padding }),
      positions: c.positions === 'learned' ? new LearnedPositions(context, width) : null,
      stack: new Stack(layers, { norm: gptNorm(c), recompute }),
    };
    super(parts, { where: 'GPT', config: c });
  }

  /**
   * As `CausalLM.next`. Throws `EngineError` for caches longer than 'dynamic' rotary scaling starts at, unless it names its
   * `context`: in Transformers all keys turn differently as a text grows, and keys in a cache have turned already.
   */
  override next(g: Graph, ids: Tensor, state: readonly LayerState[], options: Placed = {}): Tensor {
    for (const { self } of state) {
      const [, rows] = heldBy(self)[0].shape;
      if (rows > this.#trained) throw grows(`caches of ${rows} tokens`, this.#trained);
    }
    return super.next(g, ids, state, options);
  }

  /** As `CausalLM.caches`. Where 'dynamic' rotary scaling names no `context`, they end where it starts; longer ones throw. */
  override caches(sequences: number, sizes: Omit<CacheSizes, 'source'> = {}): LayerState[] {
    const { context } = this.config;
    if (this.#trained >= context) return super.caches(sequences, sizes);
    const most = this.#trained - this.ahead;
    const { target = most } = sizes;
    if (target > most) throw grows(`caches of ${target} tokens`, most);
    return super.caches(sequences, { ...sizes, target });
  }

  override hidden(g: Graph, ids: Tensor, input: TextInput = {}): Tensor[] {
    if (this.#trained < Infinity) {
      g.check(({ position = 0 }) => {
        if (position > 0) throw grows(`rows from position ${position} on`, 0);
      });
    }
    return super.hidden(g, ids, input);
  }

  /** From here on 'dynamic' rotary scaling turns all keys anew as a text grows. */
  get #trained(): number {
    const { ropeScaling: scaling } = this.config;
    return scaling?.type === 'dynamic' && scaling.context === undefined ? scaling.originalContext : Infinity;
  }
}
