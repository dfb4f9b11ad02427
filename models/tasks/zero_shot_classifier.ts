import { DataError, expectOneOf, expectOptions, type Device, type Tokenizer } from '../../engine/index';
import { encodingsOf, expectFinite, expectHypothesis, expectTexts, softmaxOf, type Long } from './inputs';
import type { Label, ClassifierModel } from './text_classifier';
import { logitsReader } from './logits_reader';
import type { TaskOptions, TextReader } from './text_reader';

/** The sentence that `ZeroShotClassifier` asks about, and whether labels exclude each other. */
export interface ZeroShotOptions extends TaskOptions {
  /** A sentence with {} in the place of a label. Default 'This example is {}.' */
  readonly hypothesis?: string;
  /** Whether several labels may be right: each has then a probability of its own. Default false: they sum up to 1. */
  readonly multiLabel?: boolean;
  readonly long?: Long;
}

/** Puts texts into classes that it was never trained on, by whether they entail "This example is …" (Yin et al. 2019). */
export class ZeroShotClassifier implements Disposable {
  readonly #model: ClassifierModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;
  /** Of the model's labels: what follows from the text, and what contradicts it. */
  readonly #entails: number;
  readonly #contradicts: number;

  /** Throws `DataError` for a model without a label that begins with "entail", or a tokenizer of another model. */
  constructor(device: Device, model: ClassifierModel, tokenizer: Tokenizer) {
    const { labels } = model;
    this.#entails = labels.findIndex((label) => label.toLowerCase().startsWith('entail'));
    if (this.#entails < 0 || labels.length < 2) {
      const what = `none of the labels is entailment (${labels.join(', ')})`;
      throw new DataError(
        'ZeroShotClassifier',
        what,
        'Use a model that was trained on natural language inference.',
      );
    }
    const contradicts = labels.findIndex((label) => label.toLowerCase().startsWith('contra'));
    this.#contradicts = contradicts >= 0 ? contradicts : this.#entails === 0 ? labels.length - 1 : 0;
    [this.#model, this.#tokenizer] = [model, tokenizer];
    this.#reader = logitsReader('ZeroShotClassifier', device, model, tokenizer);
  }

  /** The labels of each text, the likeliest first. Throws `DataError` for texts or labels that cannot be, the signal's reason. */
  async classify(
    texts: readonly string[],
    labels: readonly string[],
    options: ZeroShotOptions = {},
  ): Promise<Label[][]> {
    const { hypothesis = 'This example is {}.', multiLabel = false, long, signal, onProgress } = options;
    expectOptions('classify', options, { hypothesis, multiLabel, long, signal, onProgress });
    expectOneOf('classify', 'multiLabel', multiLabel, [true, false]);
    expectTexts('classify', texts);
    expectTexts('classify', labels, 'label');
    if (labels.length === 0) throw new DataError('classify', 'there are no labels', 'Give at least one.');
    expectHypothesis('classify', hypothesis);
    const pairs = texts.flatMap((text) =>
      labels.map((label) => [text, hypothesis.replace('{}', () => label)] as const),
    );
    const { context } = this.#model.config;
    const encodings = encodingsOf('classify', this.#tokenizer, pairs, { context, long });
    const entails: number[] = [];
    const contradicts: number[] = [];
    await this.#reader.read(
      encodings,
      (i, { logits }) => {
        expectFinite('classify', logits);
        entails[i] = logits[this.#entails];
        contradicts[i] = logits[this.#contradicts];
      },
      options,
    );
    return texts.map((_, n) => {
      const own = labels.map((_, k) => n * labels.length + k);
      // One label is right or not; among several of which one is right, the most entailed is.
      const scores =
        multiLabel || labels.length === 1
          ? own.map((i) => softmaxOf([contradicts[i], entails[i]])[1])
          : softmaxOf(own.map((i) => entails[i]));
      return labels.map((label, k) => ({ label, score: scores[k] })).sort((a, b) => b.score - a.score);
    });
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
