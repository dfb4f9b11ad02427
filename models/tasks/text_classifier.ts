import { EngineError, expectOptions, type Device, type Tokenizer } from '../../engine/index';
import { isWhole } from '../option_checks';
import type { Problem } from '../problem';
import { encodingsOf, expectFinite, scoresOf, type Long, type TextOrPair } from './inputs';
import { logitsReader, type HeadModel } from './logits_reader';
import type { TaskOptions, TextReader } from './text_reader';

/** A model with a head for classes of whole texts, such as `SequenceClassifier`. */
export interface ClassifierModel extends HeadModel {
  readonly labels: readonly string[];
  readonly problem: Problem;
}

/** A class of a text, and how likely it is. */
export interface Label {
  readonly label: string;
  /** A probability, or what a model of numbers says. */
  readonly score: number;
}

/** How `TextClassifier` reads texts. */
export interface ClassifyOptions extends TaskOptions {
  /** The most tokens of a text, special ones included. Default: the model's context. */
  readonly maxLength?: number;
  readonly long?: Long;
}

/** Tells which classes texts are of. */
export class TextClassifier implements Disposable {
  readonly #model: ClassifierModel;
  readonly #tokenizer: Tokenizer;
  readonly #reader: TextReader;

  /** Throws `DataError` for a tokenizer of another model. */
  constructor(device: Device, model: ClassifierModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#reader = logitsReader('TextClassifier', device, model, tokenizer);
  }

  /**
   * Each text's labels, the likeliest first. Scores sum up to 1 where one label is right, are each from 0 to 1 where several may
   * be, and are the head's numbers in a regression.
   *
   * Throws `DataError` for texts that cannot be read, the signal's reason.
   */
  async classify(texts: readonly TextOrPair[], options: ClassifyOptions = {}): Promise<Label[][]> {
    const { context } = this.#model.config;
    const { maxLength = context, long, signal, onProgress } = options;
    expectOptions('classify', options, { maxLength, long, signal, onProgress });
    if (!isWhole(maxLength, 1, context))
      throw new EngineError('classify', `maxLength is ${maxLength}`, `Use 1 to ${context}.`);
    const encodings = encodingsOf('classify', this.#tokenizer, texts, { context: maxLength, long });
    const found: Label[][] = encodings.map(() => []);
    const { labels, problem } = this.#model;
    await this.#reader.read(
      encodings,
      (i, { logits }) => {
        expectFinite('classify', logits);
        const scores = scoresOf(logits, problem);
        found[i] = labels.map((label, k) => ({ label, score: scores[k] })).sort((a, b) => b.score - a.score);
      },
      options,
    );
    return found;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
