/** Layers of the encoder-decoder Transformer (Vaswani et al. 2017, 3.1), under the names of PyTorch's nn.Transformer. */
import {
  add,
  appendCache,
  attention,
  decodeAttention,
  decodeCrossAttention,
  dropout,
  LayerNorm,
  Linear,
  matmul,
  Parameter,
  reorderCache,
  selfAttention,
  xavierUniform,
  zeros,
  type Graph,
  type Tensor,
} from '../engine/index';
import type { CompleteEncoderDecoderConfig as Complete } from './encoder_decoder_config';

/** What one decoder layer remembers while decoding: state that outlives plans. N sentences of K hypotheses each. */
export interface DecoderCache {
  /** Keys of self-attention, (N·K, context, C). */
  readonly keys: Parameter;
  readonly values: Parameter;
  /** Keys of cross-attention, (N, S, C): projected once a sentence. */
  readonly memoryKeys: Parameter;
  readonly memoryValues: Parameter;
}

const linear = (inputs: number, outputs: number): Linear =>
  new Linear(inputs, outputs, { init: xavierUniform(inputs, outputs) });

/** residual + dropout(linear(x)); without dropout the sum is part of the matmul. */
function project(g: Graph, layer: Linear, x: Tensor, residual: Tensor, p: number): Tensor {
  if (!g.train || p === 0) return layer.forward(g, x, { residual });
  return add(g, residual, dropout(g, layer.forward(g, x), p));
}

/** Attention of a sequence to itself. */
class SelfAttention {
  /** (3·C, C): queries, then keys, then values. */
  readonly in_proj_weight: Parameter;
  readonly in_proj_bias: Parameter;
  readonly out_proj: Linear;
  readonly #c: Complete;

  constructor(c: Complete) {
    this.in_proj_weight = new Parameter([3 * c.width, c.width], {
      init: xavierUniform(c.width, 3 * c.width),
    });
    this.in_proj_bias = new Parameter([3 * c.width], { init: zeros });
    this.out_proj = linear(c.width, c.width);
    this.#c = c;
  }

  #project(g: Graph, x: Tensor): Tensor {
    const bias = g.use(this.in_proj_bias);
    return matmul(g, x, g.use(this.in_proj_weight), { transposeB: true, bias });
  }

  /** x (B, T, C), residual (B, T, C), lengths u32 (B) -> (B, T, C), residual added. */
  forward(g: Graph, x: Tensor, residual: Tensor, causal: boolean, lengths: Tensor | null): Tensor {
    const { heads, attentionDropout } = this.#c;
    const y = selfAttention(g, this.#project(g, x), {
      heads,
      causal,
      dropout: attentionDropout,
      ...(lengths && { lengths }),
    });
    return project(g, this.out_proj, y, residual, this.#c.dropout);
  }

  /** Rows that follow those in the cache. x, residual (N·K, T, C) -> (N·K, T, C). */
  next(g: Graph, x: Tensor, residual: Tensor, cache: DecoderCache, order: Tensor | null): Tensor {
    const { heads } = this.#c;
    const [keys, values] = [g.use(cache.keys), g.use(cache.values)];
    if (order) {
      const sentences = cache.memoryKeys.shape[0];
      reorderCache(g, keys, values, order, { within: keys.shape[0] / sentences });
    }
    const qkv = this.#project(g, x);
    appendCache(g, qkv, keys, values, { heads });
    return this.out_proj.forward(g, decodeAttention(g, qkv, keys, values, { heads }), { residual });
  }
}

/**
 * Attention of the decoder to the encoder's memory. PyTorch keeps `q_proj` above `kv_proj` in one `in_proj_weight`
 * (and `in_proj_bias`), which has to be cut apart, since the two see different rows.
 */
class CrossAttention {
  readonly q_proj: Linear;
  /** (2·C, C): keys, then values. */
  readonly kv_proj: Linear;
  readonly out_proj: Linear;
  readonly #c: Complete;

  constructor(c: Complete) {
    const init = xavierUniform(c.width, 3 * c.width);
    this.q_proj = new Linear(c.width, c.width, { init });
    this.kv_proj = new Linear(c.width, 2 * c.width, { init });
    this.out_proj = linear(c.width, c.width);
    this.#c = c;
  }

  /** x, residual (B, T, C), memory (B, S, C), lengths u32 (B) of the memory -> (B, T, C), residual added. */
  forward(g: Graph, x: Tensor, residual: Tensor, memory: Tensor, lengths: Tensor | null): Tensor {
    const { heads, width, attentionDropout } = this.#c;
    const y = attention(g, {
      q: this.q_proj.forward(g, x),
      kv: this.kv_proj.forward(g, memory),
      heads,
      width: width / heads,
      dropout: attentionDropout,
      ...(lengths && { lengths }),
    });
    return project(g, this.out_proj, y, residual, this.#c.dropout);
  }

  /** Fills the cache with the keys and values of a memory (N, S, C). */
  remember(g: Graph, memory: Tensor, cache: DecoderCache): void {
    const [keys, values] = [g.use(cache.memoryKeys), g.use(cache.memoryValues)];
    appendCache(g, this.kv_proj.forward(g, memory), keys, values, {
      heads: 0,
      keyValueHeads: this.#c.heads,
    });
  }

  /** x, residual (N·K, T, C), lengths u32 (N) -> (N·K, T, C). `look` sees queries (N, K·T, C) and keys (N, S, C). */
  next(
    g: Graph,
    x: Tensor,
    residual: Tensor,
    cache: DecoderCache,
    lengths: Tensor | null,
    look?: (q: Tensor, keys: Tensor) => void,
  ): Tensor {
    const { heads, width } = this.#c;
    const [keys, values] = [g.use(cache.memoryKeys), g.use(cache.memoryValues)];
    // Hypotheses of one sentence are query rows of one sequence, so that they share its keys.
    const sentences = keys.shape[0];
    const q = g.view(this.q_proj.forward(g, x), [sentences, x.size / width / sentences, width]);
    look?.(q, keys);
    const y = decodeCrossAttention(g, q, keys, values, { heads, ...(lengths && { lengths }) });
    return this.out_proj.forward(g, g.view(y, x.shape), { residual });
  }
}

/** What encoder and decoder layers have in common. */
abstract class Layer {
  readonly #c: Complete;

  constructor(c: Complete) {
    this.#c = c;
  }

  abstract readonly linear1: Linear;
  abstract readonly linear2: Linear;

  /** norm before the sublayer or after its sum with the residual. */
  protected sublayer(
    g: Graph,
    name: string,
    norm: LayerNorm,
    x: Tensor,
    body: (input: Tensor, residual: Tensor) => Tensor,
  ): Tensor {
    if (this.#c.preNorm) return g.scope(name, () => body(norm.forward(g, x), x));
    return norm.forward(
      g,
      g.scope(name, () => body(x, x)),
    );
  }

  protected feedForward(g: Graph, norm: LayerNorm, x: Tensor): Tensor {
    const { activation, dropout: p } = this.#c;
    return this.sublayer(g, 'feed_forward', norm, x, (input, residual) =>
      project(g, this.linear2, this.linear1.forward(g, input, { activation }), residual, p),
    );
  }
}

export class EncoderLayer extends Layer {
  readonly self_attn: SelfAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;

  constructor(c: Complete) {
    super(c);
    this.self_attn = new SelfAttention(c);
    this.linear1 = linear(c.width, c.hidden);
    this.linear2 = linear(c.hidden, c.width);
    this.norm1 = new LayerNorm(c.width, { epsilon: c.epsilon });
    this.norm2 = new LayerNorm(c.width, { epsilon: c.epsilon });
  }

  /** x (B, S, C), lengths u32 (B) -> (B, S, C). */
  forward(g: Graph, x: Tensor, lengths: Tensor | null): Tensor {
    const mid = this.sublayer(g, 'self_attn', this.norm1, x, (input, residual) =>
      this.self_attn.forward(g, input, residual, false, lengths),
    );
    return this.feedForward(g, this.norm2, mid);
  }
}

/** The two attentions of a decoder layer: over whole sequences, or through caches. */
export interface Attending {
  self(layer: SelfAttention, input: Tensor, residual: Tensor): Tensor;
  cross(layer: CrossAttention, input: Tensor, residual: Tensor): Tensor;
}

export class DecoderLayer extends Layer {
  readonly self_attn: SelfAttention;
  readonly multihead_attn: CrossAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;

  constructor(c: Complete) {
    super(c);
    this.self_attn = new SelfAttention(c);
    this.multihead_attn = new CrossAttention(c);
    this.linear1 = linear(c.width, c.hidden);
    this.linear2 = linear(c.hidden, c.width);
    this.norm1 = new LayerNorm(c.width, { epsilon: c.epsilon });
    this.norm2 = new LayerNorm(c.width, { epsilon: c.epsilon });
    this.norm3 = new LayerNorm(c.width, { epsilon: c.epsilon });
  }

  /** x (B, T, C) -> (B, T, C). */
  forward(g: Graph, x: Tensor, attending: Attending): Tensor {
    const own = this.sublayer(g, 'self_attn', this.norm1, x, (input, residual) =>
      attending.self(this.self_attn, input, residual),
    );
    const crossed = this.sublayer(g, 'multihead_attn', this.norm2, own, (input, residual) =>
      attending.cross(this.multihead_attn, input, residual),
    );
    return this.feedForward(g, this.norm3, crossed);
  }
}
