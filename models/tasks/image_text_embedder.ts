import {
  DataError,
  expectOptions,
  type Device,
  type Graph,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import type { ImageInput } from '../images/image';
import type { ImageProcessor } from '../images/image_processor';
import { ImageReader, READ_OPTIONS, type ImageModelConfig, type ImageReaderOptions, type ReadImageOptions } from './image_reader'; // prettier-ignore
import { encodingsOf, expectFinite, expectTexts, expectVocabulary, type Long } from './inputs';
import type { Ranked } from './sentence_embedder';
import { TextReader, type TaskOptions, type TextModel } from './text_reader';

/** A model that gives images and texts rows in one space, such as `Clip`. */
export interface ImageTextModel extends TextModel, ImageModelConfig {
  readonly config: TextModel['config'] &
    ImageModelConfig['config'] & { readonly vocabulary: number; readonly projection: number };
  /** ids u32 (B, T) -> (B, E), of length 1. */
  textRows(g: Graph, ids: Tensor, input: { readonly lengths: Tensor }): Tensor;
  /** pixels f32 (B, 3, H, W) -> (B, E), of length 1. */
  imageRows(g: Graph, pixels: Tensor, input: { readonly resizePositions: boolean }): Tensor;
}

/** How texts are read. */
export interface EmbedTextOptions extends TaskOptions {
  /** Texts over the model's context are refused, or cut at their end. Default 'refuse'. */
  readonly long?: Long;
}

/** Images and texts as vectors in one space, near each other where they belong together (Radford et al. 2021). */
export class ImageTextEmbedder implements Disposable {
  /** E: numbers of an embedding. */
  readonly width: number;
  readonly #model: ImageTextModel;
  readonly #tokenizer: Tokenizer;
  readonly #texts: TextReader;
  readonly #images: ImageReader;

  /** Throws `DataError` for a tokenizer or an image processor of another model. */
  constructor(
    device: Device,
    model: ImageTextModel,
    tokenizer: Tokenizer,
    processor: ImageProcessor,
    options: ImageReaderOptions = {},
  ) {
    const where = 'ImageTextEmbedder';
    expectOptions(where, options, { resizePositions: 0 });
    expectVocabulary(where, tokenizer, model.config.vocabulary);
    this.width = model.config.projection;
    [this.#model, this.#tokenizer] = [model, tokenizer];
    this.#texts = new TextReader(device, model, (g, { ids, input: { lengths } }) => ({
      rows: model.textRows(g, ids, { lengths }),
    }));
    const record = (g: Graph, pixels: Tensor, input: { readonly resizePositions: boolean }): Tensor =>
      model.imageRows(g, pixels, input);
    this.#images = new ImageReader(where, device, model, processor, record, options);
  }

  /** An embedding f32 (E) of each text, of length 1. Throws `DataError` for texts that cannot be read, the signal's reason. */
  async embedTexts(texts: readonly string[], options: EmbedTextOptions = {}): Promise<Float32Array[]> {
    const { long, signal, onProgress } = options;
    expectOptions('embedTexts', options, { long, signal, onProgress });
    expectTexts('embedTexts', texts);
    const { context } = this.#model.config;
    const encodings = encodingsOf('embedTexts', this.#tokenizer, texts, { context, long });
    const found: Float32Array[] = [];
    await this.#texts.read(
      encodings,
      (i, { rows }) => {
        expectFinite('embedTexts', rows, 'embeddings');
        found[i] = rows.slice();
      },
      options,
    );
    return found;
  }

  /** An embedding f32 (E) of each image, of length 1. Throws `DataError` for images that cannot be read, the signal's reason. */
  async embedImages(images: readonly ImageInput[], options: ReadImageOptions = {}): Promise<Float32Array[]> {
    expectOptions('embedImages', options, READ_OPTIONS);
    const found: Float32Array[] = [];
    await this.#images.read(
      images,
      (i, row) => {
        expectFinite('embedImages', row, 'embeddings');
        found[i] = row;
      },
      options,
    );
    return found;
  }

  /** The images by how well a text fits them, the best first: a search by words. */
  async rank(text: string, images: readonly ImageInput[], options: ReadImageOptions = {}): Promise<Ranked[]> {
    const [query] = await this.embedTexts([text]);
    const rows = await this.embedImages(images, options);
    return rows
      .map((row, index) => ({ index, score: this.similarity(query, row) }))
      .sort((a, b) => b.score - a.score);
  }

  /** The cosine of two embeddings, of texts or of images. */
  similarity(a: Float32Array, b: Float32Array): number {
    if (a.length === b.length) return a.reduce((sum, x, i) => sum + x * b[i], 0);
    const what = `embeddings have ${a.length} and ${b.length} numbers`;
    throw new DataError('similarity', what, 'Compare those of one model.');
  }

  [Symbol.dispose](): void {
    this.#texts[Symbol.dispose]();
    this.#images[Symbol.dispose]();
  }
}
