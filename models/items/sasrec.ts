/** SASRec: a Transformer over items that reads from left to right and tells which one comes next (Kang and McAuley 2018). */
import {
  add,
  Attention,
  concat,
  crossEntropy,
  Embedding,
  EngineError,
  expectOptions,
  FeedForward,
  LanguageHead,
  LayerNorm,
  matmul,
  multiply,
  normal,
  selectRows,
  Stack,
  sum,
  TransformerLayer,
  type Graph,
  type Tensor,
} from '../../engine/index';
import { CausalBody } from '../causal_body';
import { definedOf, expectRates, expectSizes } from '../option_checks';
import { EndPositions } from './end_positions';
import { expectHeads, expectItems, newest, type ItemModel, type ItemSizes } from './item_model';

/** Sizes and options of `SASRec`: 2 layers of 1 head and width 64 that read 50 items, unless said otherwise. */
export interface SASRecConfig extends ItemSizes {
  /** Default 1. */
  readonly heads?: number;
}

/** With all defaults. */
export type CompleteSASRecConfig = Required<SASRecConfig> & {
  /** N + 1: id 0 is no item. */
  readonly vocabulary: number;
  /** The table of items is the output layer, too. */
  readonly tied: true;
};

const START = { init: normal(0.02) };

/**
 * The paper's model: learned positions that count back from the newest item, layers with a norm ahead of each sublayer, a feed-forward layer of the
 * width itself with ReLU, and logits that are products with the table of items.
 */
export class SASRec extends CausalBody<CompleteSASRecConfig> implements ItemModel {
  readonly head: LanguageHead;

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: SASRecConfig) {
    const defaults = { context: 50, layers: 2, heads: 1, width: 64, dropout: 0.2 };
    expectOptions('SASRec', config, { items: 0, ...defaults });
    const sizes = { ...defaults, ...definedOf(config) } as Required<SASRecConfig>;
    const { items, context, layers, heads, width, dropout } = sizes;
    expectItems('SASRec', items);
    expectSizes('SASRec', sizes, ['context', 'layers', 'heads', 'width']);
    expectRates('SASRec', sizes, ['dropout']);
    expectHeads('SASRec', sizes);
    const vocabulary = items + 1;
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({
          ...{ width, heads, causal: true, dropout, attentionDropout: dropout, ...START },
        }),
        feedForward: new FeedForward({ width, hidden: width, activation: 'relu', dropout, ...START }),
        ...{ norm: () => new LayerNorm(width), order: 'pre' },
      });
    const parts = {
      ...{ vocabulary, context, width, tied: true, embeddingDropout: dropout },
      tokens: new Embedding(vocabulary, width, { ...START, padding: 0 }),
      positions: new EndPositions(context, width),
      stack: new Stack(Array.from({ length: layers }, layer), { norm: new LayerNorm(width) }),
    };
    super(parts, { where: 'SASRec', config: { ...sizes, vocabulary, tied: true } });
    this.head = new LanguageHead({ width, vocabulary, tied: true });
  }

  asked(history: ArrayLike<number>): Uint32Array<ArrayBuffer> {
    const { items, context } = this.config;
    if (history.length === 0) {
      const todo = 'Give at least one item; to whom nothing is known of, recommend what is popular.';
      throw new EngineError('SASRec', 'a history is empty', todo);
    }
    return newest('SASRec', history, items, context);
  }

  /** ids u32 (B, T), padded on the right, of which `lengths` u32 (B) are real -> logits (B, T, V): the next item at each place. */
  forward(g: Graph, ids: Tensor, input: { readonly lengths: Tensor }): Tensor {
    return this.#logits(g, this.hidden(g, ids, input).at(-1)!);
  }

  scores(g: Graph, ids: Tensor, lengths: Tensor): Tensor {
    return this.#logits(g, selectRows(g, this.hidden(g, ids, { lengths }).at(-1)!, { lengths }));
  }

  /** Mean cross-entropy in nats over the targets that are not IGNORE_INDEX. ids, targets u32 (B, T) -> scalar. `nextItem` is the objective. */
  loss(g: Graph, ids: Tensor, targets: Tensor, input: { readonly lengths: Tensor }): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), targets);
  }

  /**
   * The same among the wanted item and S others, which all places share: softmax over a sample of uniformly drawn items. With
   * all items as `candidates` it is the loss over all items.
   *
   * targets u32 (B, T); candidates u32 (S), each once. `labels` u32 (B, T): 0, or 1 + s where the target is candidate s, or
   * IGNORE_INDEX. `apart` f32 (B, T, 1): 0, or -∞ where the target is among the candidates, so that it does not count twice. -> scalar.
   */
  sampledLoss(
    g: Graph,
    ids: Tensor,
    sample: {
      readonly lengths: Tensor;
      readonly targets: Tensor;
      readonly candidates: Tensor;
      readonly labels: Tensor;
      readonly apart: Tensor;
    },
  ): Tensor {
    const { lengths, targets, candidates, labels, apart } = sample;
    const rows = this.hidden(g, ids, { lengths }).at(-1)!;
    const wanted = sum(g, multiply(g, rows, g.call(this, 'tokens', targets)), -1, { keepdim: true });
    const others = matmul(g, rows, g.call(this, 'tokens', candidates), { transposeB: true });
    return crossEntropy(g, concat(g, [add(g, wanted, apart), others], -1), labels);
  }

  #logits(g: Graph, rows: Tensor): Tensor {
    return g.call(this, 'head', rows, this.tokens.weight);
  }
}
