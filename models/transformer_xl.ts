/** Transformer-XL: reads a text in segments, and remembers those before (Dai et al. 2019). */
import {
  crossEntropy,
  dropout,
  Embedding,
  expectActivation,
  expectOptions,
  FeedForward,
  LanguageHead,
  LayerNorm,
  normal,
  RelativeAttention,
  relativeSinusoidal,
  scale,
  SegmentMemory,
  ShapeError,
  slice,
  Stack,
  TransformerLayer,
  type Activation,
  type Graph,
  type Tensor,
} from '../engine/index';
import { checkEach, definedOf, expectKinds, expectRates, expectSizes } from './option_checks';

/** Sizes and options of `TransformerXL`. */
export interface TransformerXLConfig {
  /** V. */
  readonly vocabulary: number;
  readonly layers: number;
  /** H. */
  readonly heads: number;
  /** C, even. */
  readonly width: number;
  /** M: rows of earlier segments that each layer attends to, `mem_len`. */
  readonly memory: number;
  /** D. Default C / H. */
  readonly headWidth?: number;
  /** Width of the feed-forward layers. Default 4·C. */
  readonly hidden?: number;
  /** Default 'relu'. */
  readonly activation?: Activation;
  /** Probability of dropping embeddings, positions, results of sublayers and what goes into the head. Default 0. */
  readonly dropout?: number;
  /** Of dropping attention weights, `dropatt`. Default 0. */
  readonly attentionDropout?: number;
  /** Of dropping numbers inside of feed-forward layers; in the paper's code it is `dropout`. Default `dropout`. */
  readonly activationDropout?: number;
  /** Norms before sublayers, `pre_lnorm`; memories then hold rows before their norm. Default false: after the sums. */
  readonly preNorm?: boolean;
  /** All layers share u and v: `untie_r` false. Default false. */
  readonly sharedBiases?: boolean;
  /** Distances beyond this one count as this one, `clamp_len`. Default null: none. */
  readonly clamp?: number | null;
  /** Every row sees as many keys, M: `same_length`. Default false: all of its segment and memory before it. */
  readonly sameLength?: boolean;
  /** Share the token embedding with the output layer. Default true. */
  readonly tied?: boolean;
  /** Added to variances. Default 1e-5. */
  readonly epsilon?: number;
  /** Standard deviation of first weights, `init_std`; narrow models want more. Default 0.02. */
  readonly std?: number;
}

type Complete = Required<TransformerXLConfig>;

function complete(config: TransformerXLConfig): Complete {
  const { width, heads, dropout: p = 0 } = config;
  const defaults = {
    ...{ headWidth: width / heads, hidden: 4 * width, activation: 'relu', dropout: 0, attentionDropout: 0 },
    ...{ activationDropout: p, preNorm: false, sharedBiases: false, clamp: null, sameLength: false },
    ...{ tied: true, epsilon: 1e-5, std: 0.02 },
  } as const;
  const where = 'TransformerXL';
  expectOptions(where, config, { vocabulary: 0, layers: 0, heads: 0, width: 0, memory: 0, ...defaults });
  const full = { ...defaults, ...definedOf(config) } as Complete;
  const flag = [true, false];
  expectKinds(where, full, { preNorm: flag, sharedBiases: flag, sameLength: flag, tied: flag });
  expectSizes(where, full, ['vocabulary', 'layers', 'heads', 'width', 'memory', 'headWidth', 'hidden']);
  expectActivation(where, full.activation);
  const { std } = full;
  checkEach(where, [['std', std, Number.isFinite(std) && std >= 0, 'Use a finite number of at least 0.']]);
  expectRates(where, full, ['dropout', 'attentionDropout', 'activationDropout']);
  return full;
}

/** What goes along with a segment. */
export interface TransformerXLInput {
  /** What layers were given before, which each run moves on. Default none: the segment stands alone. */
  readonly memories?: readonly SegmentMemory[] | null;
  /** Another text begins: they count as zeros, as in Transformers. Default false. */
  readonly fresh?: boolean;
}

/**
 * A language model that reads texts segment by segment and remembers those before, with relative positions (Dai et al.
 * 2019).
 */
export class TransformerXL {
  readonly config: Complete;
  readonly tokens: Embedding;
  readonly stack: Stack;
  readonly head: LanguageHead;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: TransformerXLConfig) {
    const c = complete(config);
    this.config = c;
    const { vocabulary, width, heads, headWidth, hidden, activation, epsilon, tied, clamp } = c;
    const { dropout, attentionDropout, activationDropout } = c;
    const init = normal(c.std);
    this.tokens = new Embedding(vocabulary, width, { init });
    let biases: RelativeAttention | null = null;
    const layer = (): TransformerLayer => {
      const attention = new RelativeAttention({
        ...{ width, heads, headWidth, dropout, attentionDropout, init },
        ...(clamp !== null && { clamp }),
        ...(biases && { biases }),
      });
      if (c.sharedBiases) biases ??= attention;
      return new TransformerLayer({
        attention,
        feedForward: new FeedForward({ width, hidden, activation, dropout, activationDropout, init }),
        ...{ norm: () => new LayerNorm(width, { epsilon }), order: c.preNorm ? 'pre' : 'post' },
      });
    };
    // The paper's code has no norm behind the last layer, whatever the order.
    this.stack = new Stack(Array.from({ length: c.layers }, layer));
    this.head = new LanguageHead({ width, vocabulary, tied, bias: true, init });
  }

  /** ids (B, T) u32 -> logits (B, T, V). To look at maps of plans with memories, compile them with `repeatable: true`. */
  forward(g: Graph, ids: Tensor, input: TransformerXLInput = {}): Tensor {
    return this.#logits(g, this.hidden(g, ids, input).at(-1)!);
  }

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets (B, T) u32 -> scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor, input: TransformerXLInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), targets);
  }

  /** The logits of the last token of each segment: ids (B, T) u32 -> (B, V). All T are real; T = 1 goes token by token. */
  next(g: Graph, ids: Tensor, memories: readonly SegmentMemory[], fresh = false): Tensor {
    const x = this.hidden(g, ids, { memories, fresh }).at(-1)!;
    const [B, T, C] = x.shape;
    return this.#logits(g, g.view(T > 1 ? slice(g, x, 1, T - 1, 1) : x, [B, C]));
  }

  /** Memories of every layer, zeros, for `batch` texts beside each other; give them to a ParameterStore for memory. */
  memories(batch: number, dtype: 'f32' | 'f16' = 'f32'): SegmentMemory[] {
    const { layers, memory, width } = this.config;
    return Array.from({ length: layers }, () => new SegmentMemory(batch, memory, width, { dtype }));
  }

  /** ids (B, T) u32 -> what goes into each layer, then what comes out in the end, (B, T, C) each. */
  hidden(g: Graph, ids: Tensor, input: TransformerXLInput = {}): Tensor[] {
    const { memories = null, fresh = false } = input;
    expectOptions('TransformerXL', input, { memories, fresh });
    const { layers, width, memory: M, sameLength, clamp, dropout: p } = this.config;
    const [B = 0, T = 0] = ids.shape;
    if (ids.shape.length !== 2 || (memories && memories.length !== layers)) {
      const what = `ids are ${ids.toString()}, with ${memories?.length ?? layers} memories for ${layers} layers`;
      throw new ShapeError(
        g.where('TransformerXL'),
        what,
        'Give ids (B, T), and the memories of memories(B).',
      );
    }
    const drop = (x: Tensor): Tensor => (g.drops && p > 0 ? dropout(g, x, p) : x);
    const x = drop(scale(g, g.call(this, 'tokens', ids), Math.sqrt(width)));
    const rows = memories ? M + T : T;
    const positions = drop(relativeSinusoidal(g, rows, width, clamp === null ? {} : { clamp }));
    const past =
      fresh && memories ? g.constant('no past', [B, M, width], new Float32Array(B * M * width)) : null;
    const shared = { positions, ...(sameLength && { window: M }), ...(past && { past }) };
    const states = g.scope('stack', () =>
      this.stack.hidden(g, x, (i) => ({ segment: { ...shared, ...(memories && { memory: memories[i] }) } })),
    );
    return [...states.slice(0, -1), drop(states.at(-1)!)];
  }

  #logits(g: Graph, x: Tensor): Tensor {
    return g.call(this, 'head', x, this.tokens.weight);
  }
}
