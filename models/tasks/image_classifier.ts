import { EngineError, expectOptions, type Device, type Graph, type Tensor } from '../../engine/index';
import type { ImageInput } from '../images/image';
import type { ImageProcessor } from '../images/image_processor';
import { isWhole } from '../option_checks';
import type { Problem } from '../problem';
import { ImageReader, READ_OPTIONS, type ImageModelConfig, type ImageReaderOptions, type ReadImageOptions } from './image_reader'; // prettier-ignore
import { expectFinite, scoresOf } from './inputs';
import type { Label } from './text_classifier';

/** A model with a head for classes of images, such as `VisionClassifier`. */
export interface ImageClassifierModel extends ImageModelConfig {
  readonly labels: readonly string[];
  readonly problem: Problem;
  /** pixels f32 (B, 3, H, W) -> logits (B, K). */
  forward(g: Graph, pixels: Tensor, input: { readonly resizePositions: boolean }): Tensor;
}

/** How many labels `ImageClassifier` gives, and how images are read. */
export interface ClassifyImageOptions extends ReadImageOptions {
  /** The most labels of an image. Default: all. */
  readonly topK?: number;
}

/** Tells which classes images are of. */
export class ImageClassifier implements Disposable {
  readonly #model: ImageClassifierModel;
  readonly #reader: ImageReader;

  /** Throws `DataError` for an image processor of another model. */
  constructor(
    device: Device,
    model: ImageClassifierModel,
    processor: ImageProcessor,
    options: ImageReaderOptions = {},
  ) {
    expectOptions('ImageClassifier', options, { resizePositions: 0 });
    this.#model = model;
    const record = (g: Graph, pixels: Tensor, input: { readonly resizePositions: boolean }): Tensor =>
      model.forward(g, pixels, input);
    this.#reader = new ImageReader('ImageClassifier', device, model, processor, record, options);
  }

  /**
   * Each image's labels, the likeliest first. Scores sum up to 1 where one label is right, are each from 0 to 1 where several
   * may be, and are the head's numbers in a regression.
   *
   * Throws `DataError` for images that cannot be read, the signal's reason.
   */
  async classify(images: readonly ImageInput[], options: ClassifyImageOptions = {}): Promise<Label[][]> {
    const { labels, problem } = this.#model;
    const { topK = labels.length, ...reading } = options;
    expectOptions('classify', options, { topK, ...READ_OPTIONS });
    if (!isWhole(topK, 1)) {
      throw new EngineError('classify', `topK is ${String(topK)}`, 'Use a whole number of at least 1.');
    }
    const found: Label[][] = [];
    await this.#reader.read(
      images,
      (i, logits) => {
        expectFinite('classify', logits);
        const scores = scoresOf(logits, problem);
        const all = labels.map((label, k) => ({ label, score: scores[k] }));
        found[i] = all.sort((a, b) => b.score - a.score).slice(0, topK);
      },
      reading,
    );
    return found;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
