/** Classes of texts that an encoder-decoder has read twice, as BART's (Lewis et al. 2020, 3.1). */
import {
  Classifier,
  expectOptions,
  selectRows,
  type Graph,
  type Init,
  type Tensor,
  type TextInput,
} from '../engine/index';
import { expectSizes, lengthsIn } from './option_checks';
import { problemLoss, problemOf, type Problem } from './problem';
import type { Seq2SeqLM } from './seq2seq_lm';
import { lengthsUpToEnd } from './text_lengths';

/** What `Seq2SeqClassifier` is made of. */
export interface Seq2SeqClassifierParts {
  /** Tied and without a bias, so that it has no head of its own. */
  readonly model: Seq2SeqLM;
  /** The id that the decoder reads first; 'last': each text's last token (mBART). */
  readonly begin: number | 'last';
  /** The id whose last row of a text goes into classes (mBART, which may put a language behind it). Default null: the last token's. */
  readonly end?: number | null;
  /** What the classes are called, in order: K of them. */
  readonly labels: readonly string[];
  /** Default 'regression' for one label, else 'single_label_classification'. */
  readonly problem?: Problem | null;
  /** Probability of dropping a number of what each layer of the head reads while training. Default 0. */
  readonly dropout?: number;
  /** First values of the head's weights. Default those of `Linear`. */
  readonly init?: Init;
}

/** Encoder and decoder read the same text; what the decoder makes of its end goes into classes. */
export class Seq2SeqClassifier {
  readonly model: Seq2SeqLM;
  readonly classifier: Classifier;
  readonly labels: readonly string[];
  readonly problem: Problem;
  readonly #begin: number | 'last';
  readonly #end: number | null;

  /** Throws `ShapeError` or `EngineError` for what cannot work. */
  constructor(parts: Seq2SeqClassifierParts) {
    const { model, begin, end = null, labels, problem, dropout = 0, init } = parts;
    const where = 'Seq2SeqClassifier';
    expectOptions(where, parts, { model, begin, end, labels, problem, dropout, init });
    expectSizes(where, { labels: labels.length }, ['labels']);
    this.model = model;
    this.labels = labels;
    this.problem = problemOf(labels, problem);
    this.#begin = begin;
    this.#end = end;
    const { width } = model.config;
    this.classifier = new Classifier({
      ...{ width, classes: labels.length, activation: 'tanh', dropout, ...(init && { init }) },
    });
  }

  get config(): Seq2SeqLM['config'] {
    return this.model.config;
  }

  /**
   * ids (B, T) u32, texts with the end as their last token, of `lengths` u32 (B) -> logits, or numbers, (B, K). Default: all
   * T tokens are real. Where the model knows its end by id, runs throw `DataError` for texts without one.
   */
  forward(g: Graph, ids: Tensor, input: TextInput = {}): Tensor {
    const lengths = lengthsIn(g.where('Seq2SeqClassifier'), input);
    const [B, T] = ids.shape;
    const ends =
      this.#end === null
        ? (lengths ?? g.constant('every token', [B], new Uint32Array(B).fill(T)))
        : lengthsUpToEnd(g, ids, this.#end, this.config.vocabulary, lengths);
    const rows = g.scope('model', () => this.model.reread(g, ids, lengths, this.#begin));
    return g.call(this, 'classifier', selectRows(g, rows, { lengths: ends }));
  }

  /** See `problemLoss`. `classify` and `regress` are the objectives. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput = {}): Tensor {
    return problemLoss(g, this.problem, this.forward(g, ids, input), labels);
  }
}
