import { EngineError, expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { selfAttention } from '../../shaders/attention/attention';
import type { AttentionBias, DistanceBias } from '../../shaders/attention/bias/bias';
import { appendCache } from '../../shaders/attention/cache/cache';
import { decodeAttention } from '../../shaders/attention/cache/decode';
import { concat, slice } from '../../shaders/rearrange/rearrange';
import type { AttentionOptions } from '../../shaders/attention/options';
import type { RotaryOptions } from '../../shaders/rope/rotation';
import type { Init } from '../init';
import { Linear, type LinearOptions } from '../linear';
import { Parameter } from '../parameter';
import type { PartialBias } from '../partial_bias';
import { addTo } from './residual';
import type { Norm } from '../norm';
import type { RecurrentCache } from './recurrent_cache';

/** What attention of a sequence to itself and to a memory have in common. */
export interface HeadsConfig {
  /** C: width of what goes in and comes out. */
  readonly width: number;
  /** H, query heads. */
  readonly heads: number;
  /** G, key and value heads, which query heads share in groups. Default H. */
  readonly keyValueHeads?: number;
  /** D, numbers in a head. Default C / H. */
  readonly headWidth?: number;
  /** Biases of the projections; of the outputs query, key and value some may have none, see `biasBut`. Default true. */
  readonly bias?: boolean | PartialBias;
  /** Probability of dropping a number of the result while training. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping an attention weight while training. Default 0. */
  readonly attentionDropout?: number;
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /** First values of the weights that project into heads. Default those of `Linear`. */
  readonly init?: Init;
  /** The same of the output layer. Default `init`. */
  readonly outputInit?: Init;
  /** See `LinearOptions.layout`. Default 'out_in'. */
  readonly layout?: 'out_in' | 'in_out';
}

/** What `Attention` is made of. */
export interface AttentionConfig extends HeadsConfig {
  /** Rows see those before them and themselves only. Default false. */
  readonly causal?: boolean;
  /** Rotary positions; a function of the sequence's length (a cache's capacity) where frequencies depend on it. */
  readonly rope?: RotaryOptions | ((length: number) => RotaryOptions) | null;
  /** Keys that a causal row sees, its own the last (Mistral). Default null: all before it. */
  readonly window?: number | null;
  /** Bounds logits by cap · tanh(logit / cap) (Gemma 2). Default null: none. */
  readonly softcap?: number | null;
  /** Added to logits by distance, such as `slopeBias(alibiSlopes(H))` (BLOOM). Default null: none. */
  readonly distanceBias?: DistanceBias | null;
  /** Makes a norm over the D numbers of a head: queries and keys have one each, before they turn (Qwen3). Default null. */
  readonly headNorm?: ((width: number) => Norm) | null;
  /** Of the output layer. Default `bias`. */
  readonly outputBias?: boolean;
  /** Gates what heads give by as many numbers, made with the queries (Qwen3-Next): see `sigmoidGate`. Default null: none. */
  readonly outputGate?: OutputGate | null;
}

/** What becomes of the result of heads, y (B, T, H·D), by a gate of the same shape. */
export type OutputGate = (g: Graph, y: Tensor, gate: Tensor) => Tensor;

/** What an attention sees besides its rows: padding, biases, a cache. */
export interface AttentionInput {
  /** (B, T, C), added to the result. */
  readonly residual?: Tensor | undefined;
  /**
   * Keys that exist in each sequence, u32 (B): later ones are padding. Default all. Beside a cache: how many of the new
   * rows are real, see `AppendOptions.lengths`.
   */
  readonly lengths?: Tensor | null | undefined;
  /** Instead of `lengths`: u32 (B, S), 0 where a key is hidden. */
  readonly keyMask?: Tensor | null | undefined;
  /** Added to logits; beside a cache a bias by distance. */
  readonly bias?: AttentionBias | undefined;
  /** Go on after the rows that it holds. */
  readonly cache?: LayerCache | undefined;
  /** Beside a cache: how far each sequence is ahead of `step.position`, u32 (B), see `CacheOptions.starts`. Default 0. */
  readonly starts?: Tensor | null | undefined;
}

/** Keys and values of rows, (B, capacity, G·D) each: state that outlives plans. A store gives it memory. */
export class KeyValueCache {
  readonly keys: Parameter;
  readonly values: Parameter;
  /** Rows more than `capacity`, ahead of the others: those of the attention's prefix. */
  readonly prefix: number;

  constructor(batch: number, capacity: number, width: number, dtype: 'f32' | 'f16' = 'f32', prefix = 0) {
    const make = (): Parameter =>
      new Parameter([batch, prefix + capacity, width], { trainable: false, decay: false, dtype });
    this.keys = make();
    this.values = make();
    this.prefix = prefix;
  }
}

/** What an attention remembers of earlier rows: all of them, or a state. */
export type LayerCache = KeyValueCache | RecurrentCache;

/** The tensors of a cache, sequences first. */
export const heldBy = (cache: LayerCache): readonly [Parameter, Parameter] =>
  'keys' in cache ? [cache.keys, cache.values] : [cache.state, cache.inputs];

/** Keys and values that stand before the rows' own: see `adapt`. */
export interface AttentionPrefix {
  /** P. */
  readonly rows: number;
  /** Fused rows (B, T, (H + 2G)·D), which have not turned -> (B, T, H·D): of attention to the prefix and to these. */
  attend(g: Graph, qkv: Tensor, options: PrefixedOptions): Tensor;
  /** Writes them to the first P rows of caches (B, P + capacity, G·D). */
  store(g: Graph, keys: Tensor, values: Tensor): void;
}

/** The options of an attention that also sees keys and values from outside of the text, see `prefix`. */
export interface PrefixedOptions extends Pick<AttentionOptions, 'window' | 'softcap' | 'scale'> {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly causal: boolean;
  readonly dropout: number;
  readonly rope: RotaryOptions | null;
  /** Rows that are real in each sequence, u32 (B): later ones are padding. Default all. */
  readonly lengths?: Tensor | null;
}

/** Says to caches that the rows of B sequences stand after a prefix. */
export const startsAfter = (g: Graph, prefix: number, sequences: number): Tensor =>
  g.constant('rows of the prefix', [sequences], new Uint32Array(sequences).fill(prefix));

type Heads = Required<
  Pick<HeadsConfig, 'heads' | 'keyValueHeads' | 'headWidth' | 'dropout' | 'attentionDropout'>
>;

/** Sizes, and the options of linear layers. Throws `ShapeError` for heads that do not fit. */
export function resolveHeads(where: string, config: HeadsConfig & { readonly outputBias?: boolean }) {
  const { width, heads, keyValueHeads = heads, headWidth = width / heads } = config;
  const {
    bias = true,
    outputBias = bias !== false,
    dropout = 0,
    attentionDropout = 0,
    init,
    outputInit = init,
    layout = 'out_in',
  } = config;
  const whole = [heads, keyValueHeads, headWidth].every((n) => Number.isInteger(n) && n > 0);
  if (!whole || heads % keyValueHeads !== 0) {
    throw new ShapeError(
      where,
      `width ${width} in ${heads} heads of ${headWidth}, which share ${keyValueHeads} key heads`,
      'Give a width that divides into the heads (or headWidth), and heads that divide into keyValueHeads.',
    );
  }
  const sizes: Heads = { heads, keyValueHeads, headWidth, dropout, attentionDropout };
  const linear: LinearOptions = { bias: bias !== false, layout, ...(init && { init }) };
  return {
    ...{
      sizes,
      linear,
      fused: { ...linear, bias },
      outputs: heads * headWidth,
      shared: keyValueHeads * headWidth,
    },
    output: new Linear(heads * headWidth, width, {
      ...{ ...linear, bias: outputBias },
      ...(outputInit && { init: outputInit }),
    }),
  };
}

/** Options that are known to both. */
export const HEADS = {
  ...{
    width: 0,
    heads: 0,
    keyValueHeads: 0,
    headWidth: 0,
    bias: 0,
    keyBias: 0,
    dropout: 0,
    attentionDropout: 0,
  },
  ...{ scale: 0, init: 0, outputInit: 0, layout: 0 },
};

/**
 * Multi-head attention of a sequence to itself, with its projections (Vaswani et al. 2017; grouped heads: Ainslie et al.
 * 2023). Queries, keys and values are one matmul.
 */
export class Attention {
  /** (H·D + 2·G·D, C): queries, then keys, then values; a head's query is followed by its gate where there is one. */
  readonly qkv: Linear;
  /** (C, H·D). */
  readonly output: Linear;
  /** Over the D numbers of each head's query, and of each key. */
  readonly queryNorm: Norm | null;
  readonly keyNorm: Norm | null;
  readonly #c: Heads & Required<Pick<AttentionConfig, 'causal' | 'rope' | 'distanceBias' | 'outputGate'>>;
  /** What the ops take as it is. */
  readonly #logits: { readonly window?: number; readonly softcap?: number; readonly scale?: number };
  /** See `adapt`. */
  before: AttentionPrefix | null = null;

  /** Throws `ShapeError` for heads that do not fit, `EngineError` for unknown options. */
  constructor(config: AttentionConfig) {
    const { causal = false, rope = null, window = null, softcap = null, distanceBias = null } = config;
    const { scale, headNorm = null, outputGate = null } = config;
    expectOptions('Attention', config, {
      ...{ ...HEADS, causal, rope, window, softcap, distanceBias, headNorm, outputBias: 0, outputGate },
    });
    const { sizes, fused, outputs, shared, output } = resolveHeads('Attention', config);
    this.#c = { ...sizes, causal, rope, distanceBias, outputGate };
    this.#logits = {
      ...(window !== null && { window }),
      ...(softcap !== null && { softcap }),
      ...(scale !== undefined && { scale }),
    };
    const sections = { query: outputGate ? 2 * outputs : outputs, key: shared, value: shared };
    this.qkv = new Linear(config.width, sections, fused);
    this.queryNorm = headNorm && headNorm(sizes.headWidth);
    this.keyNorm = headNorm && headNorm(sizes.headWidth);
    this.output = output;
  }

  /** H. */
  get heads(): number {
    return this.#c.heads;
  }

  /** G·D, numbers in a row of keys, and of values. */
  get keyValueWidth(): number {
    return this.#c.keyValueHeads * this.#c.headWidth;
  }

  /** How many keys stand before the rows' own. */
  get prefix(): number {
    return this.before?.rows ?? 0;
  }

  /** An empty cache for `batch` sequences of up to `capacity` rows, besides those of a prefix. */
  cache(batch: number, capacity: number, dtype: 'f32' | 'f16' = 'f32'): KeyValueCache {
    return new KeyValueCache(batch, capacity, this.keyValueWidth, dtype, this.prefix);
  }

  /**
   * x (B, T, C) -> (B, T, C). Throws `EngineError` for masks by key beside a cache, for caches where it is not
   * causal, and for `starts` without a cache; for all of them beside a prefix, and for caches that were made without it.
   */
  forward(g: Graph, x: Tensor, input: AttentionInput = {}): Tensor {
    const { residual = null, lengths, keyMask, bias, cache, starts } = input;
    expectOptions('Attention.forward', input, { residual, lengths, keyMask, bias, cache, starts });
    const { heads, keyValueHeads, causal, attentionDropout, dropout, distanceBias, outputGate } = this.#c;
    const fused = this.qkv.forward(g, x);
    const gate = this.#gateOf(g, fused);
    const qkv = this.#normalised(g, fused);
    const { prefix } = this;
    if (cache && !('keys' in cache)) {
      const what = 'the cache holds a state instead of keys and values';
      throw new EngineError(g.where('Attention'), what, "Use this layer's own cache().");
    }
    const length = cache ? cache.keys.shape[1] : prefix + x.shape[1];
    const rope = typeof this.#c.rope === 'function' ? this.#c.rope(length) : this.#c.rope;
    const layout = { heads, keyValueHeads, rope };
    if (bias && distanceBias) {
      throw new EngineError(g.where('Attention'), 'it has a bias of its own', 'Give no other.');
    }
    const own = { ...this.#logits, ...(distanceBias && { bias: distanceBias }) };
    if (prefix > 0) {
      const refuse = (what: string, todo: string): never => {
        throw new EngineError(g.where('Attention'), `${what}, beside a prefix (an adapter's)`, todo);
      };
      if (starts) {
        const todo = 'Give prompts of one length at a time, or adapt the model by another kind.';
        refuse('texts stand at different positions, as prompts of unequal lengths do', todo);
      }
      if (keyMask) refuse('a keyMask is given', 'Give lengths, or adapt the model by another kind.');
      if (distanceBias) refuse("the layer has a bias by distance (BLOOM's, T5's)", 'Use lora or prompt.');
      if (bias) refuse('a bias is given', 'Leave it out, or adapt the model by another kind.');
    }
    let y: Tensor;
    if (cache) {
      if (cache.prefix !== prefix) {
        const what = `the cache was made for a prefix of ${cache.prefix} rows, not ${prefix}`;
        throw new EngineError(g.where('Attention'), what, 'Make a new cache.');
      }
      if (!causal || keyMask) {
        const what = causal ? 'a keyMask is given beside a cache' : 'only causal attention has caches';
        throw new EngineError(g.where('Attention'), what, 'Leave them out.');
      }
      const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
      this.before?.store(g, keys, values);
      const ahead = prefix > 0 ? startsAfter(g, prefix, x.shape[0]) : starts;
      const placed = { ...layout, ...(ahead && { starts: ahead }) };
      appendCache(g, qkv, keys, values, { ...placed, ...(lengths && { lengths }) });
      // The op refuses a bias that is none by distance.
      const added = bias && { bias: bias as DistanceBias };
      y = decodeAttention(g, qkv, keys, values, { ...placed, ...own, ...added });
    } else {
      if (starts) {
        const what = 'starts are given without a cache';
        throw new EngineError(g.where('Attention'), what, 'Leave them out: all rows stand in x.');
      }
      const options = { ...layout, causal, dropout: attentionDropout };
      y = this.before
        ? this.before.attend(g, qkv, { ...options, ...this.#logits, ...(lengths && { lengths }) })
        : selfAttention(g, qkv, { ...options, ...own, ...masksOf(input) });
    }
    return addTo(g, residual, this.output, gate ? outputGate!(g, y, gate) : y, dropout);
  }

  /** The gate of what heads give, (B, T, H·D), where there is one. */
  #gateOf(g: Graph, fused: Tensor): Tensor | null {
    return this.#c.outputGate && this.#queries(g, fused, 1);
  }

  /** The queries of all heads (half 0), or the gates that follow each head's (half 1). */
  #queries(g: Graph, fused: Tensor, half: 0 | 1): Tensor {
    const { heads, headWidth: D } = this.#c;
    const [B, T] = fused.shape;
    const both = g.view(slice(g, fused, 2, 0, 2 * heads * D), [B, T, heads, 2 * D]);
    return g.view(slice(g, both, 3, half * D, D), [B, T, heads * D]);
  }

  /** Queries, keys and values without gates, queries and keys normalised head by head where there are norms for that. */
  #normalised(g: Graph, fused: Tensor): Tensor {
    const { heads, keyValueHeads, headWidth: D, outputGate } = this.#c;
    if (!this.queryNorm && !outputGate) return fused;
    const [B, T] = fused.shape;
    const before = outputGate ? 2 * heads : heads;
    const part = (first: number, count: number): Tensor => slice(g, fused, 2, first * D, count * D);
    const norm = (name: 'queryNorm' | 'keyNorm', x: Tensor): Tensor =>
      this[name] ? g.view(g.call(this, name, g.view(x, [B, T, x.shape[2] / D, D])), x.shape) : x;
    return concat(
      g,
      [
        norm('queryNorm', outputGate ? this.#queries(g, fused, 0) : part(0, heads)),
        norm('keyNorm', part(before, keyValueHeads)),
        part(before + keyValueHeads, keyValueHeads),
      ],
      2,
    );
  }
}

/** Those that are given. */
export const masksOf = ({ lengths, keyMask, bias }: AttentionInput) => ({
  ...(lengths && { lengths }),
  ...(keyMask && { keyMask }),
  ...(bias && { bias }),
});
