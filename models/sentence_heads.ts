/** Heads of two segments: whether the second follows the first (BERT, Devlin et al. 2019), or comes before it (ALBERT, Lan et al. 2020). */
import {
  add,
  crossEntropy,
  dropout,
  expectOptions,
  Linear,
  Pooler,
  type Graph,
  type Tensor,
} from '../engine/index';
import { MaskedLM, PooledEncoder } from './masked_lm';
import { expectRates } from './option_checks';
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

/** As BERT and ALBERT were pre-trained: hidden tokens, and whether the second segment follows the first. */
export class PreTraining<C extends TextEncoderConfig = TextEncoderConfig> extends MaskedLM<C> {
  readonly pooler: Pooler;
  /** Of 0: it does, and 1: it does not. */
  readonly next: Linear;
  readonly #dropout: number;

  /** `dropout`: the probability of dropping a number of what `next` reads while training (ALBERT). Default 0. */
  constructor(parts: TextEncoderParts<C>, head: { readonly dropout?: number } = {}) {
    super(parts);
    const { dropout: p = 0 } = head;
    expectOptions('PreTraining', head, { dropout: p });
    expectRates('PreTraining', { epsilon: this.config.epsilon, dropout: p }, ['dropout']);
    this.#dropout = p;
    this.pooler = new Pooler({ width: this.config.width, init: BERT_INIT });
    this.next = nextOf(this.config);
  }

  /** ids (B, T) u32 -> logits of the tokens (B, T, V), and of whether the second segment follows, (B, 2). */
  scores(
    g: Graph,
    ids: Tensor,
    input: TextEncoderInput = {},
  ): { readonly tokens: Tensor; readonly next: Tensor } {
    const x = this.whole(g, ids, input).at(-1)!;
    const text = dropout(g, g.call(this, 'pooler', x), this.#dropout);
    return { tokens: this.logits(g, this.prompt.cut(g, x)), next: g.call(this, 'next', text) };
  }

  /** As `MaskedLM.loss`, and with `next`, u32 (B), plus the mean cross-entropy of what follows what. `pretraining` is the objective. */
  override loss(
    g: Graph,
    ids: Tensor,
    labels: Tensor,
    input: TextEncoderInput & { readonly next?: Tensor } = {},
  ): Tensor {
    const { next, ...rest } = input;
    if (!next) return super.loss(g, ids, labels, rest);
    const scores = this.scores(g, ids, rest);
    return add(g, crossEntropy(g, scores.tokens, labels), crossEntropy(g, scores.next, next));
  }
}
