/** Heads of encoder-decoders for places in a text and for its tokens, as Transformers has them. */
import {
  Classifier,
  crossEntropy,
  EngineError,
  expectOptions,
  Linear,
  spanLoss,
  type Embedding,
  type Graph,
  type Init,
  type PromptPlace,
  type Stack,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { expectSizes, lengthsIn } from './option_checks';
import type { Seq2SeqLM } from './seq2seq_lm';

/** Where in a text the answer to a question is: encoder and decoder read the same text, and the decoder's rows tell. */
export class Seq2SeqQuestionAnswering {
  readonly model: Seq2SeqLM;
  readonly output: Linear;
  readonly #begin: number | 'last';

  /**
   * `model`: tied and without a bias, so that it has no head of its own. `begin`: the id that the decoder reads first; 'last': each
   * text's last token (mBART). `init`: first values of the head's weight, default those of `Linear`.
   */
  constructor(parts: { readonly model: Seq2SeqLM; readonly begin: number | 'last'; readonly init?: Init }) {
    const { model, begin, init } = parts;
    expectOptions('Seq2SeqQuestionAnswering', parts, { model, begin, init });
    this.model = model;
    this.#begin = begin;
    this.output = new Linear(model.config.width, 2, init ? { init } : {});
  }

  get config(): Seq2SeqLM['config'] {
    return this.model.config;
  }

  /**
   * ids (B, T) u32 of `lengths` u32 (B), default all T -> (B, T, 2): how likely each token, and each place of padding, begins the
   * answer, and ends it.
   */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    const lengths = lengthsIn(g.where('Seq2SeqQuestionAnswering'), input);
    const rows = g.scope('model', () => this.model.reread(g, ids, lengths, this.#begin));
    return g.call(this, 'output', rows);
  }

  /** As `QuestionAnswering.loss`. */
  loss(g: Graph, ids: Tensor, starts: Tensor, ends: Tensor, input: TextInput = {}): Tensor {
    return spanLoss(g, this.forward(g, ids, input), starts, ends);
  }
}

/** Classes of tokens from the rows of an encoder alone (T5). */
export class Seq2SeqTokenClassifier {
  readonly tokens: Embedding;
  /** See the adapter `prompt`. */
  readonly prompt: PromptPlace;
  readonly encoder: Stack;
  readonly classifier: Classifier;
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];
  /** Its decoder has no part here, and gets no memory. */
  readonly #model: Seq2SeqLM;

  /**
   * `model`: whose encoder reads; it shares one table of embeddings. `dropout`: the probability of dropping a number of what the head reads
   * while training, default 0. `init`: first values of the head's weight, default those of `Linear`.
   */
  constructor(parts: {
    readonly model: Seq2SeqLM;
    readonly labels: readonly string[];
    readonly dropout?: number;
    readonly init?: Init;
  }) {
    const { model, labels, dropout = 0, init } = parts;
    const where = 'Seq2SeqTokenClassifier';
    expectOptions(where, parts, { model, labels, dropout, init });
    expectSizes(where, { labels: labels.length }, ['labels']);
    const { width } = model.config;
    if (model.sourceTokens ?? model.sourcePositions ?? model.sourceNorm) {
      throw new EngineError(
        where,
        'the encoder has more than layers of its own',
        'Give one of layers alone, as T5.',
      );
    }
    this.#model = model;
    this.tokens = model.tokens;
    this.prompt = model.prompt;
    this.encoder = model.encoder;
    this.labels = labels;
    this.classifier = new Classifier({ width, classes: labels.length, dropout, ...(init && { init }) });
  }

  get config(): Seq2SeqLM['config'] {
    return this.#model.config;
  }

  /** ids (B, T) u32 of `lengths` u32 (B), default all T -> logits (B, T, K). */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    const lengths = lengthsIn(g.where('Seq2SeqTokenClassifier'), input);
    return g.call(this, 'classifier', this.prompt.cut(g, this.#model.encode(g, ids, lengths)));
  }

  /** Mean cross-entropy over the labels (B, T) u32 that are not IGNORE_INDEX. -> scalar. `tag` is the objective. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput = {}): Tensor {
    return crossEntropy(g, this.forward(g, ids, input), labels);
  }
}
