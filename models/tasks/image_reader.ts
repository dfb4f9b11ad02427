/** Reads images with a model, in batches of one size, whatever the task. */
import { DataError, expectOneOf, Graph, throwIfAborted, type Device, type Tensor } from '../../engine/index';
import { pixelsOf, type ImageInput } from '../images/image';
import type { ImageProcessor, ProcessedImage, ProcessOptions } from '../images/image_processor';
import { oneAhead } from './one_ahead';
import { ShapedPlans } from './shaped_plans';
import type { TaskOptions } from './text_reader';

/** What is asked of a model that reads images. */
export interface ImageModelConfig {
  readonly config: {
    /** [H, W] in pixels. */
    readonly image: readonly [number, number];
    readonly channels: number;
  };
}

/** How images are read. */
export interface ReadImageOptions extends TaskOptions, ProcessOptions {}

/** What every reader of images takes. */
export interface ImageReaderOptions {
  /**
   * Whether the model's positions are resized where its image processor gives another size than the model's own, see
   * `VisionEncoderInput.resizePositions`. Default false: that is an error.
   */
  readonly resizePositions?: boolean;
}

/** Images of a batch: at most 8, so that few plans are compiled. */
const MOST = 8;
/** Shapes that are kept compiled. */
const MOST_SHAPES = 12;

/** Options of `ReadImageOptions` by name. */
export const READ_OPTIONS = { signal: 0, onProgress: 0, background: 0 };

/** Throws `DataError` for a model that reads no RGB, and for an image processor of another size unless positions are `resized`; null: they cannot be. */
export function expectProcessor(
  where: string,
  { image, channels }: ImageModelConfig['config'],
  { size }: ImageProcessor,
  resized: boolean | null,
): void {
  if (channels !== 3) {
    throw new DataError(where, `the model reads ${channels} numbers of a pixel`, 'RGB is done.');
  }
  if (resized || (size?.[0] === image[0] && size[1] === image[1])) return;
  const made = size ? `makes images of ${size.join(' × ')}` : 'makes images of several sizes';
  const what = `the image processor ${made}, the model reads ${image.join(' × ')}`;
  const todo = `Use the model's own preprocessor_config.json${resized === null ? '' : ', or say resizePositions'}.`;
  throw new DataError(where, what, todo);
}

export class ImageReader implements Disposable {
  readonly #device: Device;
  readonly #processor: ImageProcessor;
  readonly #record: (g: Graph, pixels: Tensor) => Tensor;
  readonly #plans = new ShapedPlans(MOST_SHAPES);

  /** `record` gives the rows of a batch of pixels, one of each image. Throws `DataError` where the processor is another model's. */
  constructor(
    where: string,
    device: Device,
    { config }: ImageModelConfig,
    processor: ImageProcessor,
    record: (g: Graph, pixels: Tensor, input: { readonly resizePositions: boolean }) => Tensor,
    { resizePositions = false }: ImageReaderOptions = {},
  ) {
    expectOneOf(where, 'resizePositions', resizePositions, [true, false]);
    expectProcessor(where, config, processor, resizePositions);
    [this.#device, this.#processor] = [device, processor];
    this.#record = (g, pixels) => record(g, pixels, { resizePositions });
  }

  /**
   * Reads images; `take` gets the row of each, in any order. Images are decoded and resized as their batch comes.
   *
   * Throws `DataError` for one that cannot be, with its number, the signal's reason once it aborts, `EngineError` after disposal.
   */
  async read(
    images: readonly ImageInput[],
    take: (index: number, row: Float32Array) => void,
    { signal, onProgress, background = null }: ReadImageOptions = {},
  ): Promise<void> {
    if (!Array.isArray(images))
      throw new DataError('read', 'the images are no list', 'Give a list of images.');
    let done = 0;
    await oneAhead(async (next) => {
      let [key, batch]: [string, [number, ProcessedImage][]] = ['', []];
      const flush = async (): Promise<void> => {
        if (batch.length === 0) return;
        const own = batch;
        batch = [];
        await next(await this.#submit(own.map(([, image]) => image)), (data) => {
          const each = data.length / rowsFor(own.length);
          for (const [row, [index]] of own.entries()) take(index, data.slice(row * each, (row + 1) * each));
          onProgress?.((done += own.length), images.length);
        });
      };
      for (const [i, given] of (images as readonly ImageInput[]).entries()) {
        throwIfAborted(signal);
        const image = this.#processor.process(await pixelsOf('read', given, `image ${i}`), { background });
        const size = `${image.height} × ${image.width}`;
        if (size !== key || batch.length === MOST) await flush();
        key = size;
        batch.push([i, image]);
      }
      throwIfAborted(signal);
      await flush();
    });
    throwIfAborted(signal);
  }

  /** Runs a batch of images of one size. What it gives waits for their rows. */
  #submit(batch: readonly ProcessedImage[]): Promise<() => Promise<Float32Array>> {
    const [{ height, width }] = batch;
    const rows = rowsFor(batch.length);
    const shape = [rows, 3, height, width];
    return this.#plans.use(
      shape.join(' × '),
      () => this.#compile(shape),
      (plan) => {
        const pixels = new Float32Array(rows * 3 * height * width);
        for (const [b, { data }] of batch.entries()) pixels.set(data, b * data.length);
        plan.run({ pixels });
        const result = plan.read('rows');
        result.catch(() => {}); // told where it is taken
        return () => result;
      },
    );
  }

  #compile(shape: readonly number[]) {
    const g = new Graph(this.#device);
    return g.compile({ rows: this.#record(g, g.input('pixels', shape, 'f32')) });
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}

/** Rows of the plan for so many images: few sizes are compiled. */
const rowsFor = (images: number): number => 2 ** Math.ceil(Math.log2(images));
