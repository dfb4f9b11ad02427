/** Bodies of models that read in both directions, and their head for hidden tokens (Devlin et al. 2019). */
import {
  crossEntropy,
  expectOptions,
  LanguageHead,
  LayerNorm,
  Pooler,
  type Activation,
  type Graph,
  type Tensor,
} from '../engine/index';
import {
  BERT_INIT,
  TextEncoder,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';

/** A model without a head but the pooler, whose row stands for the text. */
export class PooledEncoder<C extends TextEncoderConfig = TextEncoderConfig> extends TextEncoder<C> {
  readonly pooler: Pooler;

  constructor(parts: TextEncoderParts<C>) {
    super(parts);
    this.pooler = new Pooler({ width: this.config.width, init: BERT_INIT });
  }

  /** ids (B, T) u32 -> (B, C), from the first token; `hidden` gives the rows of all tokens. */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return g.call(this, 'pooler', this.whole(g, ids, input).at(-1)!);
  }
}

/** The head for hidden tokens. */
export class MaskedLM<C extends TextEncoderConfig = TextEncoderConfig> extends TextEncoder<C> {
  /** Hidden rows to logits: a layer with activation and norm, then the token embedding (or an own matrix) and a bias. */
  readonly head: LanguageHead;

  /** `activation`: of the layer before the output. Default that of the encoder. */
  constructor(parts: TextEncoderParts<C>, options: { readonly activation?: Activation } = {}) {
    super(parts);
    expectOptions('MaskedLM', options, { activation: 0 });
    const { width, vocabulary, tied, activation, epsilon } = this.config;
    const [, embedded] = this.tokens.weight.shape;
    this.head = new LanguageHead({
      ...{ width, vocabulary, tied, bias: true, init: BERT_INIT },
      transform: {
        ...{ activation: options.activation ?? activation, init: BERT_INIT, width: embedded },
        norm: new LayerNorm(embedded, { epsilon }),
      },
    });
  }

  /** ids (B, T) u32 -> logits (B, T, V): which token stands, or stood, at each place. */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return this.logits(g, super.forward(g, ids, input));
  }

  /** Rows of the last layer (…, C) -> logits (…, V). */
  logits(g: Graph, rows: Tensor): Tensor {
    return g.call(this, 'head', rows, this.tokens.weight);
  }

  /**
   * Mean cross-entropy in nats over the labels that are not IGNORE_INDEX: those of tokens that `ids` hides (or changes).
   * ids, labels (B, T) u32 -> scalar. `maskedToken` is the objective.
   */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}
