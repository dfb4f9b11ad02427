/** Heads of models that read from left to right, as Transformers has them: the last token has seen the whole text. */
import {
  Classifier,
  crossEntropy,
  EngineError,
  expectOptions,
  Linear,
  selectRows,
  slice,
  spanLoss,
  type Graph,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { CausalBody, type CausalLMConfig, type CausalLMParts, type CausalOwn } from './causal_body';
import { expectSizes, lengthsIn } from './option_checks';
import { problemLoss, problemOf, type Problem } from './problem';
import { lengthsUpToPadding } from './text_lengths';

/** Throws at runs that go on with a text: frequencies and positions are those of whole ones. */
function expectWhole(g: Graph, where: string): void {
  g.check(({ position = 0 }) => {
    if (position > 0) {
      throw new EngineError(where, `a run at position ${position}`, 'Give whole texts, from position 0 on.');
    }
  });
}

/** Classes of whole texts, or numbers, from the row of the last real token. */
export class CausalSequenceClassifier<C extends CausalLMConfig = CausalLMConfig> extends CausalBody<C> {
  readonly score: Linear;
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];
  readonly problem: Problem;
  /** The id that ends a text; null where `lengths` alone say it. */
  readonly padding: number | null;

  /**
   * `padding`: the id after the last real token, Transformers' pad_token_id; default null: `lengths` say where texts end.
   * `problem`: default 'regression' for one label, else 'single_label_classification'.
   */
  constructor(
    parts: CausalLMParts,
    head: {
      readonly labels: readonly string[];
      readonly problem?: Problem | null;
      readonly padding?: number | null;
    },
    own: CausalOwn<C> = {},
  ) {
    super(parts, own);
    const { labels, problem = null, padding = null } = head;
    expectOptions(this.where, head, { labels, problem, padding });
    expectSizes(this.where, { labels: labels.length }, ['labels']);
    const { width, init } = parts;
    this.score = new Linear(width, labels.length, { bias: false, ...(init && { init }) });
    this.labels = labels;
    this.problem = problemOf(labels, problem);
    this.padding = padding;
  }

  /**
   * ids (B, T) u32, padded on the right -> logits, or numbers, (B, K). The last real token is the last that is not padding;
   * where no id is, the last of `lengths`, u32 (B), and of all T without them. Throws `DataError` at runs whose padding beyond
   * `lengths` is another id.
   */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    expectWhole(g, this.where);
    const lengths = lengthsIn(this.where, input);
    const rows = this.hidden(g, ids).at(-1)!;
    const [B, T, C] = rows.shape;
    const real =
      this.padding === null
        ? lengths
        : lengthsUpToPadding(g, ids, this.padding, this.config.vocabulary, lengths);
    const last = real ? selectRows(g, rows, { lengths: real }) : g.view(slice(g, rows, 1, T - 1, 1), [B, C]);
    return g.call(this, 'score', last);
  }

  /** As `SequenceClassifier.loss`. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput = {}): Tensor {
    return problemLoss(g, this.problem, this.forward(g, ids, input), labels);
  }
}

/** Classes of tokens, each of which has seen those before it. */
export class CausalTokenClassifier<C extends CausalLMConfig = CausalLMConfig> extends CausalBody<C> {
  readonly classifier: Classifier;
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];

  /** `dropout`: the probability of dropping a number of what the head reads while training. Default 0.1, as Transformers'. */
  constructor(
    parts: CausalLMParts,
    head: { readonly labels: readonly string[]; readonly dropout?: number },
    own: CausalOwn<C> = {},
  ) {
    super(parts, own);
    const { labels, dropout = 0.1 } = head;
    expectOptions(this.where, head, { labels, dropout });
    expectSizes(this.where, { labels: labels.length }, ['labels']);
    const { width, init } = parts;
    this.classifier = new Classifier({ width, classes: labels.length, dropout, ...(init && { init }) });
    this.labels = labels;
  }

  /** ids (B, T) u32, padded on the right, which real tokens do not see -> logits (B, T, K). */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    expectWhole(g, this.where);
    lengthsIn(this.where, input);
    return g.call(this, 'classifier', this.hidden(g, ids).at(-1)!);
  }

  /** Mean cross-entropy over the labels (B, T) u32 that are not IGNORE_INDEX. -> scalar. `tag` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}

/** Where in a text the answer to a question is. */
export class CausalQuestionAnswering<C extends CausalLMConfig = CausalLMConfig> extends CausalBody<C> {
  readonly output: Linear;

  constructor(parts: CausalLMParts, own: CausalOwn<C> = {}) {
    super(parts, own);
    const { width, init } = parts;
    this.output = new Linear(width, 2, init ? { init } : {});
  }

  /** ids (B, T) u32 -> (B, T, 2): how likely each token, and each place of padding, begins the answer, and ends it. */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    expectWhole(g, this.where);
    return g.call(this, 'output', this.hidden(g, ids, input).at(-1)!);
  }

  /** As `QuestionAnswering.loss`. */
  loss(g: Graph, ids: Tensor, starts: Tensor, ends: Tensor, input: TextInput = {}): Tensor {
    return spanLoss(g, this.forward(g, ids, input), starts, ends);
  }
}
