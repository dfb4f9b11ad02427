/** BERT's other heads (Devlin et al. 2019), as Transformers has them. */
import {
  add,
  Classifier,
  crossEntropy,
  formatShape,
  Linear,
  Pooler,
  ShapeError,
  spanLoss,
  type Graph,
  type Tensor,
} from '../engine/index';
import { Bert, BERT_INIT, BertEncoder, type BertConfig, type BertInput } from './bert';
import { definedOf, expectRates, expectSizes } from './option_checks';
import { problemLoss, problemOf, type Problem } from './problems';

export type { Problem };

export interface ClassesConfig {
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];
  /** Probability of dropping a number of what the head reads while training. Default: the encoder's `dropout`. */
  readonly classifierDropout?: number;
}

/** The classes' names, and the options of the head; throws for those that cannot be. */
function classesOf(encoder: BertEncoder, { labels, classifierDropout }: ClassesConfig) {
  const { width, dropout, epsilon } = encoder.config;
  const p = classifierDropout ?? dropout;
  expectRates('Bert', { epsilon, classifierDropout: p }, ['classifierDropout']);
  expectSizes('Bert', { labels: labels.length }, ['labels']);
  return { width, classes: labels.length, dropout: p, init: BERT_INIT };
}

const poolerOf = ({ config: { width } }: BertEncoder): Pooler => new Pooler({ width, init: BERT_INIT });

/** BERT without a head but the pooler, whose row stands for the text. */
export class BertModel extends BertEncoder {
  readonly pooler: Pooler;

  constructor(config: BertConfig) {
    super(config);
    this.pooler = poolerOf(this);
  }

  /** ids (B, T) u32 -> (B, C), from the first token; `hidden` gives the rows of all tokens. */
  forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return g.call(this, 'pooler', this.hidden(g, ids, input).at(-1)!);
  }
}

/** Classes of whole texts, or numbers. */
export class BertForSequenceClassification extends BertModel {
  readonly classifier: Classifier;
  readonly labels: readonly string[];
  readonly problem: Problem;

  /** `problem`: default 'regression' for one label, else 'single_label_classification'. */
  constructor(config: BertConfig & ClassesConfig & { readonly problem?: Problem | null }) {
    const { labels, classifierDropout, problem, ...rest } = config;
    super(rest);
    this.labels = labels;
    this.problem = problemOf('Bert', labels, problem);
    this.classifier = new Classifier(classesOf(this, { labels, ...definedOf({ classifierDropout }) }));
  }

  /** ids (B, T) u32 -> logits, or numbers, (B, K). */
  override forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return g.call(this, 'classifier', super.forward(g, ids, input));
  }

  /**
   * As Transformers' `problem_type` says: cross-entropy of labels u32 (B), the mean of binary cross-entropies of labels
   * (B, K), or the mean squared error from labels f32 (B, K). -> scalar. `classify` and `regress` are the objectives.
   */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: BertInput = {}): Tensor {
    return problemLoss(g, this.problem, this.forward(g, ids, input), labels);
  }
}

/** Classes of tokens, such as names and parts of speech. */
export class BertForTokenClassification extends BertEncoder {
  readonly classifier: Classifier;
  readonly labels: readonly string[];

  constructor(config: BertConfig & ClassesConfig) {
    const { labels, classifierDropout, ...rest } = config;
    super(rest);
    this.labels = labels;
    this.classifier = new Classifier(classesOf(this, { labels, ...definedOf({ classifierDropout }) }));
  }

  /** ids (B, T) u32 -> logits (B, T, K). */
  forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return g.call(this, 'classifier', this.hidden(g, ids, input).at(-1)!);
  }

  /** Mean cross-entropy over the labels (B, T) u32 that are not IGNORE_INDEX. -> scalar. `tag` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: BertInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** Where in a text the answer to a question is. */
export class BertForQuestionAnswering extends BertEncoder {
  readonly output: Linear;

  constructor(config: BertConfig) {
    super(config);
    this.output = new Linear(this.config.width, 2, { init: BERT_INIT });
  }

  /** ids (B, T) u32 -> (B, T, 2): how likely each token begins the answer, and ends it. */
  forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return g.call(this, 'output', this.hidden(g, ids, input).at(-1)!);
  }

  /**
   * The mean of the cross-entropies of begin and end. starts, ends u32 (B): the answers' first and last tokens;
   * IGNORE_INDEX for none. -> scalar. `span` is the objective.
   */
  loss(g: Graph, ids: Tensor, starts: Tensor, ends: Tensor, input: BertInput = {}): Tensor {
    return spanLoss(g, this.forward(g, ids, input), starts, ends);
  }
}

/** Which of several texts goes on with a story, or answers a question: each is read with it by itself. */
export class BertForMultipleChoice extends BertModel {
  readonly classifier: Classifier;

  constructor(config: BertConfig & Pick<ClassesConfig, 'classifierDropout'>) {
    const { classifierDropout, ...rest } = config;
    super(rest);
    const options = { labels: ['choice'], ...definedOf({ classifierDropout }) };
    this.classifier = new Classifier(classesOf(this, options));
  }

  /** ids (B, N, T) u32, N choices each, and what is given with them of as many rows -> logits (B, N). */
  override forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    const [B = 0, N = 0, T = 0] = ids.shape;
    if (ids.shape.length !== 3)
      throw new ShapeError(g.where('Bert'), `ids are ${formatShape(ids.shape)}`, 'Give (B, choices, T).');
    const { segments, lengths, mask } = input;
    const rows: BertInput = {
      ...input,
      ...(segments && { segments: g.view(segments, [B * N, T]) }),
      ...(mask && { mask: g.view(mask, [B * N, T]) }),
      ...(lengths && { lengths: g.view(lengths, [B * N]) }),
    };
    return g.view(g.call(this, 'classifier', super.forward(g, g.view(ids, [B * N, T]), rows)), [B, N]);
  }

  /** Cross-entropy of the right choices, labels u32 (B). -> scalar. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: BertInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** Whether the second segment follows the first in its book. */
export class BertForNextSentencePrediction extends BertModel {
  /** Of 0: it does, and 1: it does not. */
  readonly next: Linear;

  constructor(config: BertConfig) {
    super(config);
    this.next = new Linear(this.config.width, 2, { init: BERT_INIT });
  }

  /** ids (B, T) u32 -> logits (B, 2). */
  override forward(g: Graph, ids: Tensor, input: BertInput = {}): Tensor {
    return g.call(this, 'next', super.forward(g, ids, input));
  }

  /** Mean cross-entropy of labels u32 (B). -> scalar. `classify` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: BertInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** BERT as it was pre-trained: hidden tokens, and whether the second segment follows the first. */
export class BertForPreTraining extends Bert {
  readonly pooler: Pooler;
  /** Of 0: it does, and 1: it does not. */
  readonly next: Linear;

  constructor(config: BertConfig) {
    super(config);
    this.pooler = poolerOf(this);
    this.next = new Linear(this.config.width, 2, { init: BERT_INIT });
  }

  /** As `Bert.loss`, and with `next`, u32 (B), plus the mean cross-entropy of what follows what. */
  override loss(
    g: Graph,
    ids: Tensor,
    labels: Tensor,
    input: BertInput & { readonly next?: Tensor } = {},
  ): Tensor {
    const { next, ...rest } = input;
    const x = this.hidden(g, ids, rest).at(-1)!;
    const tokens = crossEntropy(g, g.call(this, 'head', x, this.tokens.weight), labels);
    if (!next) return tokens;
    return add(g, tokens, crossEntropy(g, g.call(this, 'next', g.call(this, 'pooler', x)), next));
  }
}
