import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { add } from '../../shaders/add/add';
import type { Norm } from '../norm';
import type { RelativeAttentionInput, SegmentMemory } from '../relative_attention';
import type { AttentionInput, KeyValueCache, LayerCache } from './attention';
import type { CrossAttention, CrossAttentionInput } from './cross_attention';
import type { RowLayer } from './feed_forward';

/** Attention of a sequence to itself: `Attention`, `RelativeAttention`, `GatedDeltaNet`, or one of your own. */
export interface SelfAttention {
  /** x (B, T, C) -> (B, T, C); throws for input that it has no use for. */
  forward(g: Graph, x: Tensor, input: AttentionInput & RelativeAttentionInput): Tensor;
  cache(batch: number, capacity: number, dtype: 'f32' | 'f16'): LayerCache;
  /** Rows that stand before a sequence's own. */
  readonly prefix: number;
  /** H. */
  readonly heads: number;
}

/** What `TransformerLayer` is made of: its sublayers, and where norms stand. */
export interface TransformerLayerConfig {
  readonly attention: SelfAttention;
  /** Attention to a memory, between the two others. Default null: none. */
  readonly crossAttention?: CrossAttention | null;
  readonly feedForward: RowLayer;
  /** Makes a norm. */
  readonly norm: () => Norm;
  /**
   * Where norms stand: before each sublayer ('pre': GPT-2, Llama), after its sum with the residual ('post': the paper,
   * BERT), or before it and after it, ahead of that sum ('sandwich': Gemma 2). 'parallel' is 'pre' with both sublayers
   * reading what goes into the layer: x + attention(norm(x)) + feedForward(norm(x)) (GPT-NeoX).
   */
  readonly order: 'pre' | 'post' | 'sandwich' | 'parallel';
  /** Whether the sublayers of 'parallel' read one norm's result (Phi, GPT-J). Default false: each has its own norm. */
  readonly sharedNorm?: boolean;
}

/** What one layer remembers of earlier rows. */
export interface LayerState {
  readonly self: LayerCache;
  /** Of the memory: null where the layer has no cross-attention. */
  readonly cross: KeyValueCache | null;
}

/** Sizes of the caches that a layer decodes with. */
export interface StateSizes {
  /** Sequences. */
  readonly batch: number;
  /** Tokens of each. */
  readonly capacity: number;
  /** Memories of cross-attention, which sequences share in groups. Default `batch`. */
  readonly memories?: number;
  /** Rows of each memory. Default `capacity`. */
  readonly memoryCapacity?: number;
  /** Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
}

/** What a layer sees besides its rows: padding, a memory, caches. */
export interface LayerInput extends Pick<AttentionInput, 'lengths' | 'keyMask' | 'bias' | 'starts'> {
  /** What cross-attention attends to, (B, S, C). */
  readonly memory?: Tensor;
  readonly look?: CrossAttentionInput['look'];
  /** Keys of the memory that exist, u32 (B). Default all. */
  readonly memoryLengths?: Tensor | null;
  /** Go on after the rows that it holds, and attend to the memory that it holds. */
  readonly state?: LayerState;
  /** For `RelativeAttention`. */
  readonly segment?: SegmentInput;
}

/** A segment of a text, which goes on where the last run's ended. */
export interface SegmentInput extends Pick<RelativeAttentionInput, 'positions' | 'window'> {
  /** The rows that went into the layer before. Each run moves it on. Default: none. */
  readonly memory?: SegmentMemory | undefined;
  /** Takes the place of what it holds, see `SegmentMemory.extend`. */
  readonly past?: Tensor | undefined;
}

type Sublayer = 'attention' | 'crossAttention' | 'feedForward';

/** A layer of a Transformer: attention, maybe attention to a memory, feed-forward, each with its norm and residual. */
export class TransformerLayer {
  readonly attentionNorm: Norm;
  readonly attention: SelfAttention;
  /** Of what the sublayer gives, in 'sandwich' only. */
  readonly attentionOutputNorm: Norm | null;
  readonly crossAttentionNorm: Norm | null;
  readonly crossAttention: CrossAttention | null;
  readonly crossAttentionOutputNorm: Norm | null;
  /** Null where 'parallel' sublayers share the attention's. */
  readonly feedForwardNorm: Norm | null;
  readonly feedForward: RowLayer;
  readonly feedForwardOutputNorm: Norm | null;
  readonly #order: TransformerLayerConfig['order'];

  constructor(config: TransformerLayerConfig) {
    const { attention, crossAttention = null, feedForward, norm, order, sharedNorm = false } = config;
    const known = { attention, crossAttention, feedForward, norm, order, sharedNorm };
    expectOptions('TransformerLayer', config, known);
    if (!['pre', 'post', 'sandwich', 'parallel'].includes(order))
      throw new EngineError('TransformerLayer', `order is ${order}`, 'Use pre, post, sandwich or parallel.');
    if (order === 'parallel' ? crossAttention : sharedNorm) {
      const what = sharedNorm
        ? `sharedNorm beside order '${order}'`
        : "crossAttention beside order 'parallel'";
      throw new EngineError('TransformerLayer', what, 'Leave it out.');
    }
    this.#order = order;
    const outer = (): Norm | null => (order === 'sandwich' ? norm() : null);
    this.attentionNorm = norm();
    this.attention = attention;
    this.attentionOutputNorm = outer();
    this.crossAttentionNorm = crossAttention && norm();
    this.crossAttention = crossAttention;
    this.crossAttentionOutputNorm = crossAttention && outer();
    this.feedForwardNorm = sharedNorm ? null : norm();
    this.feedForward = feedForward;
    this.feedForwardOutputNorm = outer();
  }

  /** Empty caches; give them to a ParameterStore for memory. */
  state(sizes: StateSizes): LayerState {
    const { batch, capacity, memories = batch, memoryCapacity = capacity, dtype = 'f32' } = sizes;
    expectOptions('state', sizes, { batch, capacity, memories, memoryCapacity, dtype });
    return {
      self: this.attention.cache(batch, capacity, dtype),
      cross: this.crossAttention?.cache(memories, memoryCapacity, dtype) ?? null,
    };
  }

  /** x (B, T, C) -> (B, T, C). Throws `EngineError` for a memory or a state that the layer has no use for. */
  forward(g: Graph, x: Tensor, input: LayerInput = {}): Tensor {
    const { lengths, keyMask, bias, starts, memory, memoryLengths, state, look, segment } = input;
    expectOptions('TransformerLayer', input, {
      ...{ lengths, keyMask, bias, starts, memory, memoryLengths, state, look, segment },
    });
    const where = g.where('TransformerLayer');
    if (segment) expectOptions(`${where} segment`, segment, { memory: 0, past: 0, positions: 0, window: 0 });
    if (!this.crossAttention && (memory || memoryLengths || look)) {
      const what = 'memory, memoryLengths or look is given, but there is no crossAttention';
      throw new EngineError(where, what, 'Leave them out, or make the layer with one.');
    }
    if (state && (state.cross === null) !== (this.crossAttention === null))
      throw new EngineError(where, 'the state is of another kind of layer', "Use this layer's own state().");
    const own = segment
      ? { queries: x.shape[1], positions: segment.positions, window: segment.window }
      : { lengths, keyMask, bias, starts, cache: state?.self };
    const rows = segment?.memory?.extend(g, x, segment.past) ?? x;
    if (this.#order === 'parallel') {
      const h = this.attentionNorm.forward(g, rows);
      const y = g.call(this, 'attention', h, { ...own, residual: x });
      const fed = this.feedForwardNorm?.forward(g, x) ?? h;
      return g.call(this, 'feedForward', fed, { residual: y });
    }
    const attend = (h: Tensor, residual: Tensor | undefined): Tensor =>
      g.call(this, 'attention', h, { ...own, residual });
    let y = this.#sublayer(g, 'attention', x, attend, rows);
    if (this.crossAttention) {
      const cross = { memory, lengths: memoryLengths, cache: state?.cross ?? undefined, look };
      y = this.#sublayer(g, 'crossAttention', y, (h, residual) =>
        g.call(this, 'crossAttention', h, { ...cross, residual }),
      );
    }
    return this.#sublayer(g, 'feedForward', y, (h, residual) => g.call(this, 'feedForward', h, { residual }));
  }

  /** Norms and residual around a sublayer; the residual is part of its last matmul where nothing stands in between. */
  #sublayer(
    g: Graph,
    name: Sublayer,
    x: Tensor,
    body: (h: Tensor, residual: Tensor | undefined) => Tensor,
    rows = x,
  ): Tensor {
    const norm = this[`${name}Norm`]!;
    const after = this[`${name}OutputNorm`];
    if (this.#order === 'post') return norm.forward(g, body(rows, x));
    if (!after) return body(norm.forward(g, rows), x);
    return add(g, x, after.forward(g, body(norm.forward(g, rows), undefined)));
  }
}
