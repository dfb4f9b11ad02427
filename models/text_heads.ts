/** Heads of models that read in both directions, as Transformers has them; those of BERT are the defaults (Devlin et al. 2019). */
import {
  Classifier,
  crossEntropy,
  dropout,
  expectOptions,
  firstRow,
  formatShape,
  Linear,
  Pooler,
  ShapeError,
  spanLoss,
  type Activation,
  type Graph,
  type Tensor,
} from '../engine/index';
import { expectRates, expectSizes } from './option_checks';
import { problemLoss, problemOf, type Problem } from './problem';
import {
  BERT_INIT,
  TextEncoder,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';

/** How a text becomes the row that its classes are read from. */
export interface Summary {
  /** The pooler's row (BERT, ALBERT), or else the first token's as it is (RoBERTa, DistilBERT, ELECTRA, MPNet). Default true. */
  readonly pooled?: boolean;
  /** See `ClassifierConfig.activation`. Default null: no layer in between. */
  readonly activation?: Activation | null;
  /** See `ClassifierConfig.dropoutBefore`. Default true. */
  readonly dropoutBefore?: boolean;
  /** Probability of dropping a number of what the head reads while training. Default: the encoder's `dropout`. */
  readonly dropout?: number;
}

/** Scores of a text, or of one of several. */
class Summarizer<C extends TextEncoderConfig> extends TextEncoder<C> {
  readonly pooler: Pooler | null;
  readonly classifier: Classifier;

  constructor(parts: TextEncoderParts<C>, classes: number, { pooled = true, ...more }: Summary) {
    super(parts);
    this.pooler = pooled ? new Pooler({ width: this.config.width, init: BERT_INIT }) : null;
    this.classifier = classifierOf(this.config, classes, more);
  }

  /** ids (B, T) u32 -> (B, K). */
  protected scores(g: Graph, ids: Tensor, input: TextEncoderInput): Tensor {
    const x = this.whole(g, ids, input).at(-1)!;
    return g.call(this, 'classifier', this.pooler ? g.call(this, 'pooler', x) : firstRow(g, x));
  }
}

function classifierOf(
  { width, dropout: usual, epsilon }: TextEncoderConfig,
  classes: number,
  { dropout: p = usual, ...layer }: Omit<Summary, 'pooled'>,
): Classifier {
  expectRates('head', { epsilon, dropout: p }, ['dropout']);
  expectSizes('head', { labels: classes }, ['labels']);
  return new Classifier({ width, classes, dropout: p, ...layer, init: BERT_INIT });
}

/** Classes of whole texts, or numbers. */
export class SequenceClassifier<C extends TextEncoderConfig = TextEncoderConfig> extends Summarizer<C> {
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];
  readonly problem: Problem;

  /** `problem`: default 'regression' for one label, else 'single_label_classification'. */
  constructor(
    parts: TextEncoderParts<C>,
    head: Summary & { readonly labels: readonly string[]; readonly problem?: Problem | null },
  ) {
    const { labels, problem, ...summary } = head;
    super(parts, labels.length, summary);
    this.labels = labels;
    this.problem = problemOf(labels, problem);
  }

  /** ids (B, T) u32 -> logits, or numbers, (B, K). */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return this.scores(g, ids, input);
  }

  /**
   * As Transformers' `problem_type` says: cross-entropy of labels u32 (B), the mean of binary cross-entropies of labels
   * (B, K), or the mean squared error from labels f32 (B, K). -> scalar. `classify` and `regress` are the objectives.
   */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    return problemLoss(g, this.problem, this.forward(g, ids, input), labels);
  }
}

/** Which of several texts goes on with a story, or answers a question: each is read with it by itself. */
export class MultipleChoice<C extends TextEncoderConfig = TextEncoderConfig> extends Summarizer<C> {
  constructor(parts: TextEncoderParts<C>, head: Summary = {}) {
    super(parts, 1, head);
  }

  /** ids (B, N, T) u32, N choices each, and what is given with them of as many rows -> logits (B, N). */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    const [B = 0, N = 0, T = 0] = ids.shape;
    if (ids.shape.length !== 3)
      throw new ShapeError(
        g.where('MultipleChoice'),
        `ids are ${formatShape(ids.shape)}`,
        'Give (B, choices, T).',
      );
    const { segments, lengths, mask } = input;
    const rows: TextEncoderInput = {
      ...input,
      ...(segments && { segments: g.view(segments, [B * N, T]) }),
      ...(mask && { mask: g.view(mask, [B * N, T]) }),
      ...(lengths && { lengths: g.view(lengths, [B * N]) }),
    };
    return g.view(this.scores(g, g.view(ids, [B * N, T]), rows), [B, N]);
  }

  /** Cross-entropy of the right choices, labels u32 (B). -> scalar. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** Classes of tokens, such as names and parts of speech. */
export class TokenClassifier<C extends TextEncoderConfig = TextEncoderConfig> extends TextEncoder<C> {
  readonly classifier: Classifier;
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];

  constructor(
    parts: TextEncoderParts<C>,
    { labels, ...head }: Omit<Summary, 'pooled'> & { readonly labels: readonly string[] },
  ) {
    super(parts);
    this.labels = labels;
    this.classifier = classifierOf(this.config, labels.length, head);
  }

  /** ids (B, T) u32 -> logits (B, T, K). */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return g.call(this, 'classifier', super.forward(g, ids, input));
  }

  /** Mean cross-entropy over the labels (B, T) u32 that are not IGNORE_INDEX. -> scalar. `tag` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextEncoderInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** Where in a text the answer to a question is. */
export class QuestionAnswering<C extends TextEncoderConfig = TextEncoderConfig> extends TextEncoder<C> {
  readonly output: Linear;
  readonly #dropout: number;

  /** `dropout`: the probability of dropping a number of what the head reads while training (DistilBERT). Default 0. */
  constructor(parts: TextEncoderParts<C>, head: { readonly dropout?: number } = {}) {
    super(parts);
    const { dropout: p = 0 } = head;
    expectOptions('QuestionAnswering', head, { dropout: p });
    const { width, epsilon } = this.config;
    expectRates('head', { epsilon, dropout: p }, ['dropout']);
    this.#dropout = p;
    this.output = new Linear(width, 2, { init: BERT_INIT });
  }

  /** ids (B, T) u32 -> (B, T, 2): how likely each token begins the answer, and ends it. */
  override forward(g: Graph, ids: Tensor, input: TextEncoderInput = {}): Tensor {
    return g.call(this, 'output', dropout(g, super.forward(g, ids, input), this.#dropout));
  }

  /**
   * The mean of the cross-entropies of begin and end. starts, ends u32 (B): the answers' first and last tokens;
   * IGNORE_INDEX for none. -> scalar. `span` is the objective.
   */
  loss(g: Graph, ids: Tensor, starts: Tensor, ends: Tensor, input: TextEncoderInput = {}): Tensor {
    return spanLoss(g, this.forward(g, ids, input), starts, ends);
  }
}
