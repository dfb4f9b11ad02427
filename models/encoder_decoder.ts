/**
 * The encoder-decoder Transformer (Vaswani et al. 2017), for translation and every other task from sequence to
 * sequence. Parameter names are those of PyTorch's nn.Transformer but for cross-attention, see `CrossAttention`;
 * around it stand `embedding`, `source_embedding`, `source_positions`, `target_positions` and `output`.
 */
import {
  addPositions,
  crossEntropy,
  dropout,
  Embedding,
  LayerNorm,
  LearnedPositions,
  matmul,
  normal,
  Parameter,
  scale,
  selectRows,
  ShapeError,
  sinusoidal,
  zeros,
  type Graph,
  type Tensor,
} from '../engine/index';
import {
  completeEncoderDecoder,
  type CompleteEncoderDecoderConfig as Complete,
  type EncoderDecoderConfig,
} from './encoder_decoder_config';
import { DecoderLayer, EncoderLayer, type Attending, type DecoderCache } from './encoder_decoder_layers';

export { encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder_config';
export type { DecoderCache } from './encoder_decoder_layers';

/** Layers one after the other. */
interface Stack<L> {
  readonly layers: readonly L[];
  readonly norm: LayerNorm | null;
}

function stack<L>(c: Complete, layers: number, make: () => L): Stack<L> {
  return {
    layers: Array.from({ length: layers }, make),
    norm: c.finalNorm ? new LayerNorm(c.width, { epsilon: c.epsilon }) : null,
  };
}

/** The output layer: a matrix unless the embedding serves, a bias where the model has one. */
class Output {
  /** (V, C). */
  readonly weight: Parameter | null;
  /** (V). */
  readonly bias: Parameter | null;

  constructor({ tied, outputBias, vocabulary, width }: Complete) {
    this.weight = tied ? null : new Parameter([vocabulary, width], { init: normal(width ** -0.5) });
    this.bias = outputBias ? new Parameter([vocabulary], { init: zeros }) : null;
  }

  forward(g: Graph, x: Tensor, embedding: Parameter): Tensor {
    return matmul(g, x, g.use(this.weight ?? embedding), {
      transposeB: true,
      ...(this.bias && { bias: g.use(this.bias) }),
    });
  }
}

export interface CacheSizes {
  /** K: hypotheses of each sentence, which share its memory. Default 1. */
  readonly beams?: number;
  /** The longest source. Default `context`. */
  readonly source?: number;
  /** The longest target. Default `context`. */
  readonly target?: number;
  /** Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
}

interface NextOptions {
  readonly order?: Tensor | null;
  readonly look?: (layer: number, q: Tensor, keys: Tensor) => void;
}

export class EncoderDecoder {
  readonly config: Complete;
  /** The target's, and the source's where they share it. */
  readonly embedding: Embedding;
  readonly source_embedding: Embedding | null;
  readonly source_positions: LearnedPositions | null;
  readonly target_positions: LearnedPositions | null;
  readonly encoder: Stack<EncoderLayer>;
  readonly decoder: Stack<DecoderLayer>;
  readonly output: Output;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: EncoderDecoderConfig) {
    const c = completeEncoderDecoder(config);
    this.config = c;
    // Scaled by √C, entries start about as large as the sines that are added to them.
    const init = normal(c.width ** -0.5);
    const learned = (): LearnedPositions | null =>
      c.positions === 'learned' ? new LearnedPositions(c.context, c.width, { init }) : null;
    this.embedding = new Embedding(c.vocabulary, c.width, { init });
    this.source_embedding = c.shared ? null : new Embedding(c.sourceVocabulary, c.width, { init });
    this.source_positions = learned();
    this.target_positions = learned();
    this.encoder = stack(c, c.encoderLayers, () => new EncoderLayer(c));
    this.decoder = stack(c, c.decoderLayers, () => new DecoderLayer(c));
    this.output = new Output(c);
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
    { smoothing = 0 }: { readonly smoothing?: number } = {},
  ): Tensor {
    const logits = this.forward(g, source, sourceLengths, target);
    return crossEntropy(g, logits, labels, { labelSmoothing: smoothing });
  }

  /** source (B, S) u32, lengths u32 (B) or null -> memory (B, S, C). Runs at `position` 0. */
  encode(g: Graph, source: Tensor, lengths: Tensor | null): Tensor {
    const { source_embedding, embedding, source_positions: positions } = this;
    return g.scope('encoder', () => {
      let x = this.#embed(g, source, source_embedding ?? embedding, positions, 'source');
      for (const [i, layer] of this.encoder.layers.entries()) {
        x = this.#layer(g, i, () => layer.forward(g, x, lengths));
      }
      return this.encoder.norm?.forward(g, x) ?? x;
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
    const hidden = this.#decoded(g, target, () => ({
      self: (layer, x, residual) => layer.forward(g, x, residual, true, targetLengths),
      cross: (layer, x, residual) => layer.forward(g, x, residual, memory, lengths),
    }));
    return this.#logits(g, hidden);
  }

  /**
   * Fills the caches of N sentences with what decoding needs of their memory (N, S, C): each layer's keys and values of
   * cross-attention. In a run at `position` 0. S may be less than the caches were made for; then `next` needs `lengths`.
   */
  remember(g: Graph, memory: Tensor, caches: readonly DecoderCache[]): void {
    g.scope('decoder', () => {
      for (const [i, { multihead_attn }] of this.decoder.layers.entries()) {
        g.scope(`layers.${i}.multihead_attn`, () => multihead_attn.remember(g, memory, caches[i]));
      }
    });
  }

  /**
   * The next tokens of N sentences with K hypotheses each (rows n·K to n·K + K - 1 are sentence n's), through caches
   * that `remember` has filled: rows stand at `step.position` and after. `lengths` u32 (N) are the sources'. Before
   * anything else, `order` u32 (N·K) moves hypotheses: row r goes on from what row order[r] was, of the same sentence.
   * ids (N·K, T) u32, usually T = 1 -> logits (N·K, V) of row `step.length` - 1 (T = 1: of the only one). `look` is
   * called while recording with each layer's queries (N, K·T, C) and keys (N, S, C) of cross-attention.
   */
  next(
    g: Graph,
    ids: Tensor,
    caches: readonly DecoderCache[],
    lengths: Tensor | null,
    { order = null, look }: NextOptions = {},
  ): Tensor {
    const hidden = this.#decoded(g, ids, (i) => ({
      self: (layer, x, residual) => layer.next(g, x, residual, caches[i], order),
      cross: (layer, x, residual) =>
        layer.next(g, x, residual, caches[i], lengths, look && ((q, keys) => look(i, q, keys))),
    }));
    const [rows, time] = ids.shape;
    return this.#logits(g, time === 1 ? g.view(hidden, [rows, this.config.width]) : selectRows(g, hidden));
  }

  /** Empty caches for N = `batch` sentences; give them to a ParameterStore for memory. */
  caches(batch: number, sizes: CacheSizes = {}): DecoderCache[] {
    const { context, width, decoderLayers } = this.config;
    const { beams = 1, source = context, target = context, dtype = 'f32' } = sizes;
    const make = (rows: number, time: number): Parameter =>
      new Parameter([rows, time, width], { trainable: false, decay: false, dtype });
    return Array.from({ length: decoderLayers }, () => ({
      keys: make(batch * beams, target),
      values: make(batch * beams, target),
      memoryKeys: make(batch, source),
      memoryValues: make(batch, source),
    }));
  }

  /** The decoder's stack over ids (B, T) -> (B, T, C). */
  #decoded(g: Graph, ids: Tensor, attending: (layer: number) => Attending): Tensor {
    return g.scope('decoder', () => {
      let x = this.#embed(g, ids, this.embedding, this.target_positions, 'target');
      for (const [i, layer] of this.decoder.layers.entries()) {
        x = this.#layer(g, i, () => layer.forward(g, x, attending(i)));
      }
      return this.decoder.norm?.forward(g, x) ?? x;
    });
  }

  #layer(g: Graph, i: number, forward: () => Tensor): Tensor {
    const body = (): Tensor => g.scope(`layers.${i}`, forward);
    return this.config.recompute ? g.recompute(body) : body();
  }

  #embed(
    g: Graph,
    ids: Tensor,
    table: Embedding,
    learned: LearnedPositions | null,
    what: 'source' | 'target',
  ): Tensor {
    const { context, width, scaleEmbedding, dropout: p } = this.config;
    const [, time = 0] = ids.shape;
    if (ids.shape.length !== 2 || time > context) {
      throw new ShapeError(
        'EncoderDecoder context',
        `${what} ids are (${ids.shape.join(', ')}), that is ${time} tokens in a context of ${context}`,
        'Give ids as (B, T), cut the text at the ends of sentences or raise context.',
      );
    }
    return g.scope('embed', () => {
      const rows = table.forward(g, ids);
      const x = scaleEmbedding ? scale(g, rows, Math.sqrt(width)) : rows;
      const y = learned?.forward(g, x) ?? addPositions(g, x, sinusoidal(g, context, width));
      return g.train && p > 0 ? dropout(g, y, p) : y;
    });
  }

  #logits(g: Graph, x: Tensor): Tensor {
    return g.scope('output', () => this.output.forward(g, x, this.embedding.weight));
  }
}
