/** Heads that BERT has by itself: it was pre-trained to know which segment follows which (Devlin et al. 2019). */
import { add, crossEntropy, Linear, Pooler, type Graph, type Tensor } from '../engine/index';
import { MaskedLM, PooledEncoder } from './masked_lm';
import {
  BERT_INIT,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';

/** Of 0: the second segment follows the first, and 1: it does not. */
const nextOf = ({ width }: TextEncoderConfig): Linear => new Linear(width, 2, { init: BERT_INIT });

/** Whether the second segment follows the first in its book. */
export class NextSentencePrediction<
  C extends TextEncoderConfig = TextEncoderConfig,
> extends PooledEncoder<C> {
  /** Of 0: it does, and 1: it does not. */
  readonly next: Linear;

  constructor(parts: TextEncoderParts<C>) {
    super(parts);
    this.next = nextOf(this.config);
  }

  /** ids (B, T) u32 -> logits (B, 2). */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return g.call(this, 'next', super.forward(g, ids, input));
  }

  /** Mean cross-entropy of labels u32 (B). -> scalar. `classify` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** BERT as it was pre-trained: hidden tokens, and whether the second segment follows the first. */
export class BertPreTraining<C extends TextEncoderConfig = TextEncoderConfig> extends MaskedLM<C> {
  readonly pooler: Pooler;
  /** Of 0: it does, and 1: it does not. */
  readonly next: Linear;

  constructor(parts: TextEncoderParts<C>) {
    super(parts);
    this.pooler = new Pooler({ width: this.config.width, init: BERT_INIT });
    this.next = nextOf(this.config);
  }

  /** As `MaskedLM.loss`, and with `next`, u32 (B), plus the mean cross-entropy of what follows what. */
  override loss(
    g: Graph,
    ids: Tensor,
    labels: Tensor,
    input: TextEncoderInput & { readonly next?: Tensor } = {},
  ): Tensor {
    const { next, ...rest } = input;
    const x = this.hidden(g, ids, rest).at(-1)!;
    const tokens = crossEntropy(g, g.call(this, 'head', x, this.tokens.weight), labels);
    if (!next) return tokens;
    return add(g, tokens, crossEntropy(g, g.call(this, 'next', g.call(this, 'pooler', x)), next));
  }
}
