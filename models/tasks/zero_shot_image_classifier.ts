import { DataError, expectOptions, type Device, type Parameter, type Tokenizer } from '../../engine/index';
import type { ImageInput } from '../images/image';
import type { ImageProcessor } from '../images/image_processor';
import { READ_OPTIONS, type ImageReaderOptions, type ReadImageOptions } from './image_reader';
import { ImageTextEmbedder, type ImageTextModel } from './image_text_embedder';
import { expectHypothesis, expectTexts, softmaxOf } from './inputs';
import type { Label } from './text_classifier';

/** A model that says, too, how sharply it tells texts apart. */
export interface SharpImageTextModel extends ImageTextModel {
  /** Of no axes: the logarithm of what cosines are multiplied by. */
  readonly logitScale: Parameter;
}

/** The sentence that a label stands in, and how images are read. */
export interface ZeroShotImageOptions extends ReadImageOptions {
  /** A sentence with {} in the place of a label. Default 'This is a photo of {}', as transformers.js has it. */
  readonly hypothesis?: string;
}

/** Puts images into classes that it was never trained on, by which text fits them best (Radford et al. 2021). */
export class ZeroShotImageClassifier implements Disposable {
  readonly #model: SharpImageTextModel;
  /** Of images and texts. */
  readonly embedder: ImageTextEmbedder;

  /** Throws `DataError` for a tokenizer or an image processor of another model. */
  constructor(
    device: Device,
    model: SharpImageTextModel,
    tokenizer: Tokenizer,
    processor: ImageProcessor,
    options: ImageReaderOptions = {},
  ) {
    this.#model = model;
    this.embedder = new ImageTextEmbedder(device, model, tokenizer, processor, options);
  }

  /**
   * The labels of each image, the likeliest first; their scores sum up to 1. Throws `DataError` for images or labels that
   * cannot be, the signal's reason.
   */
  async classify(
    images: readonly ImageInput[],
    labels: readonly string[],
    options: ZeroShotImageOptions = {},
  ): Promise<Label[][]> {
    const { hypothesis = 'This is a photo of {}', ...reading } = options;
    expectOptions('classify', options, { hypothesis, ...READ_OPTIONS });
    expectTexts('classify', labels, 'label');
    if (labels.length === 0) throw new DataError('classify', 'there are no labels', 'Give at least one.');
    expectHypothesis('classify', hypothesis);
    const { signal } = reading;
    const asked = labels.map((label) => hypothesis.replace('{}', () => label));
    const texts = await this.embedder.embedTexts(asked, signal ? { signal } : {});
    const rows = await this.embedder.embedImages(images, reading);
    const [scale] = await this.#model.logitScale.store!.read(this.#model.logitScale.name);
    return rows.map((row) => {
      const scores = softmaxOf(texts.map((text) => Math.exp(scale) * this.embedder.similarity(row, text)));
      return labels.map((label, k) => ({ label, score: scores[k] })).sort((a, b) => b.score - a.score);
    });
  }

  [Symbol.dispose](): void {
    this.embedder[Symbol.dispose]();
  }
}
