/**
 * GPT: a decoder-only transformer. GPT-2's architecture by default (Radford et al. 2019), with the options that made
 * it modern: rotary positions (Su et al. 2021), RMSNorm, SwiGLU (Shazeer 2020), grouped-query heads (Ainslie et al.
 * 2023). Parameter names are those of Hugging Face GPT-2 checkpoints.
 */
import {
  appendCache,
  crossEntropy,
  decodeAttention,
  dropout,
  add,
  Embedding,
  EngineError,
  gated,
  LayerNorm,
  LearnedPositions,
  Linear,
  matmul,
  normal,
  Parameter,
  RMSNorm,
  selectRows,
  selfAttention,
  ShapeError,
  type Activation,
  type Graph,
  type RopeScaling,
  type Tensor,
} from '../engine/index';

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
  /** Probability of dropping an activation while training. Default 0. */
  readonly dropout?: number;
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
  /** Rotary frequencies for texts longer than trained on. 'dynamic' scales for `context`. Default null: none. */
  readonly ropeScaling?: RopeScaling | null;
  /**
   * Keep only what goes from layer to layer while training, and compute the values inside of each layer again in the
   * backward pass (`Graph.recompute`): memory of one layer instead of all, for about a quarter more time. Losses and
   * gradients are the same, bit for bit. Default false.
   */
  readonly recompute?: boolean;
}

type Complete = Required<GPTConfig>;

/** Fills the defaults and refuses what cannot work, with the numbers. */
export function completeConfig(config: GPTConfig): Complete {
  const full: Complete = {
    hidden: 4 * config.width,
    keyValueHeads: config.heads,
    dropout: 0,
    bias: true,
    positions: 'learned',
    norm: 'layer',
    activation: 'gelu_tanh',
    gated: false,
    tied: true,
    epsilon: 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    recompute: false,
    ...config,
  };
  for (const key of [
    'vocabulary',
    'context',
    'layers',
    'heads',
    'width',
    'hidden',
    'keyValueHeads',
  ] as const) {
    if (!Number.isInteger(full[key]) || full[key] < 1) {
      throw new ShapeError('GPT', `${key} is ${full[key]}`, 'It must be a positive integer.');
    }
  }
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
  if (!(full.dropout >= 0 && full.dropout < 1)) {
    throw new EngineError('GPT', `dropout is ${full.dropout}`, 'It must be at least 0 and below 1.');
  }
  return full;
}

const makeNorm = (c: Complete): LayerNorm | RMSNorm =>
  c.norm === 'rms'
    ? new RMSNorm(c.width, { epsilon: c.epsilon })
    : new LayerNorm(c.width, { epsilon: c.epsilon, bias: c.bias });

/** Weights that write to the residual stream start smaller, so that depth does not grow its variance (GPT-2, 2.3). */
const residualInit = (c: Complete) => normal(0.02 / Math.sqrt(2 * c.layers));

/** Keys in the cache were rotated once, so 'dynamic' frequencies are those of the whole context from the start. */
const scalingOf = ({ ropeScaling, context }: Complete): RopeScaling | null =>
  ropeScaling?.type === 'dynamic' ? { context, ...ropeScaling } : ropeScaling;

class Attention {
  readonly c_attn: Linear;
  readonly c_proj: Linear;
  readonly #c: Complete;

  constructor(c: Complete) {
    const headWidth = c.width / c.heads;
    const options = { bias: c.bias, layout: 'in_out' } as const;
    this.c_attn = new Linear(c.width, (c.heads + 2 * c.keyValueHeads) * headWidth, options);
    this.c_proj = new Linear(c.width, c.width, { ...options, init: residualInit(c) });
    this.#c = c;
  }

  /** x (B, T, C), residual (B, T, C) -> (B, T, C), residual added. */
  forward(g: Graph, x: Tensor, residual: Tensor, cache: LayerCache | null): Tensor {
    const c = this.#c;
    const layout = { heads: c.heads, keyValueHeads: c.keyValueHeads };
    const turns = c.positions === 'rope' ? { theta: c.ropeTheta, scaling: scalingOf(c) } : null;
    const qkv = this.c_attn.forward(g, x);
    let y: Tensor;
    if (cache) {
      const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
      appendCache(g, qkv, keys, values, { ...layout, rope: turns });
      y = decodeAttention(g, qkv, keys, values, { ...layout, rope: turns });
    } else {
      y = selfAttention(g, qkv, { ...layout, causal: true, rope: turns });
    }
    return project(g, this.c_proj, y, residual, c.dropout);
  }
}

class FeedForward {
  readonly c_fc: Linear;
  readonly c_proj: Linear;
  readonly #c: Complete;

  constructor(c: Complete) {
    const options = { bias: c.bias, layout: 'in_out' } as const;
    this.c_fc = new Linear(c.width, c.gated ? 2 * c.hidden : c.hidden, options);
    this.c_proj = new Linear(c.hidden, c.width, { ...options, init: residualInit(c) });
    this.#c = c;
  }

  /** x (B, T, C), residual (B, T, C) -> (B, T, C), residual added. */
  forward(g: Graph, x: Tensor, residual: Tensor): Tensor {
    const { activation } = this.#c;
    const h = this.#c.gated
      ? gated(g, this.c_fc.forward(g, x), activation)
      : this.c_fc.forward(g, x, { activation });
    return project(g, this.c_proj, h, residual, this.#c.dropout);
  }
}

/** residual + dropout(linear(x)); without dropout the sum is part of the matmul. */
function project(g: Graph, linear: Linear, x: Tensor, residual: Tensor, p: number): Tensor {
  if (!g.train || p === 0) return linear.forward(g, x, { residual });
  return add(g, residual, dropout(g, linear.forward(g, x), p));
}

class Block {
  readonly ln_1: LayerNorm | RMSNorm;
  readonly attn: Attention;
  readonly ln_2: LayerNorm | RMSNorm;
  readonly mlp: FeedForward;

  constructor(c: Complete) {
    this.ln_1 = makeNorm(c);
    this.attn = new Attention(c);
    this.ln_2 = makeNorm(c);
    this.mlp = new FeedForward(c);
  }

  forward(g: Graph, x: Tensor, cache: LayerCache | null): Tensor {
    const mid = g.scope('attn', () => this.attn.forward(g, this.ln_1.forward(g, x), x, cache));
    return g.scope('mlp', () => this.mlp.forward(g, this.ln_2.forward(g, mid), mid));
  }
}

/** Keys and values of one layer, (B, context, G·D) each: state that outlives plans. */
export interface LayerCache {
  readonly keys: Parameter;
  readonly values: Parameter;
}

export class GPT {
  readonly config: Complete;
  readonly wte: Embedding;
  readonly wpe: LearnedPositions | null;
  readonly h: readonly Block[];
  readonly ln_f: LayerNorm | RMSNorm;
  readonly lm_head: Linear | null;

  constructor(config: GPTConfig) {
    const c = completeConfig(config);
    this.config = c;
    this.wte = new Embedding(c.vocabulary, c.width);
    this.wpe = c.positions === 'learned' ? new LearnedPositions(c.context, c.width) : null;
    this.h = Array.from({ length: c.layers }, () => new Block(c));
    this.ln_f = makeNorm(c);
    this.lm_head = c.tied ? null : new Linear(c.width, c.vocabulary, { bias: false });
  }

  /** ids (B, T) u32 -> logits (B, T, V). */
  forward(g: Graph, ids: Tensor): Tensor {
    return this.#logits(g, this.#hidden(g, ids, null));
  }

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets (B, T) u32 -> scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor {
    return crossEntropy(g, this.forward(g, ids), targets);
  }

  /**
   * One stretch of a sequence through the KV cache: rows stand at `step.position` and after; `step.length` of them
   * are real. ids (B, T) u32 -> logits (B, V) of the last real row.
   */
  next(g: Graph, ids: Tensor, caches: readonly LayerCache[]): Tensor {
    const hidden = this.#hidden(g, ids, caches);
    return this.#logits(g, selectRows(g, hidden));
  }

  /** Empty caches for `batch` sequences of up to `context` tokens; give them to a ParameterStore for memory. */
  caches(batch: number, dtype: 'f32' | 'f16' = 'f32'): LayerCache[] {
    const { context, keyValueHeads, width, heads, layers } = this.config;
    const shape = [batch, context, (keyValueHeads * width) / heads];
    const make = () => new Parameter(shape, { trainable: false, decay: false, dtype });
    return Array.from({ length: layers }, () => ({ keys: make(), values: make() }));
  }

  #hidden(g: Graph, ids: Tensor, caches: readonly LayerCache[] | null): Tensor {
    const [, time = 0] = ids.shape;
    if (ids.shape.length !== 2 || time > this.config.context) {
      throw new ShapeError(
        'GPT context',
        `ids are (${ids.shape.join(', ')}), that is ${time} tokens in a context of ${this.config.context}`,
        'Give ids as (B, T), shorten the text or raise context.',
      );
    }
    let x = g.scope('embed', () => this.wte.forward(g, ids));
    if (this.wpe) x = this.wpe.forward(g, x);
    if (g.train && this.config.dropout > 0) x = dropout(g, x, this.config.dropout);
    for (const [i, block] of this.h.entries()) {
      const body = (): Tensor => g.scope(`h.${i}`, () => block.forward(g, x, caches?.[i] ?? null));
      x = this.config.recompute ? g.recompute(body) : body();
    }
    return g.scope('ln_f', () => this.ln_f.forward(g, x));
  }

  #logits(g: Graph, x: Tensor): Tensor {
    return g.scope('lm_head', () =>
      this.lm_head ? this.lm_head.forward(g, x) : matmul(g, x, g.use(this.wte.weight), { transposeB: true }),
    );
  }
}
