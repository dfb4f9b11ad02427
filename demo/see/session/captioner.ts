/** The captioner that the site ships, with what it reads and writes by. */
import type { Device } from '../../../engine/index';
import {
  load,
  loadImageProcessor,
  loadTokenizer,
  visionEncoderDecoder,
  type ModelFolder,
} from '../../../models/index';
import { ImageCaptioner } from '../../../models/tasks/image_captioner';
import type { Drawn, Said, SeenText } from './protocol';

export class Captioner implements Disposable {
  readonly device: Device;
  readonly #captioner: ImageCaptioner;
  readonly #size: readonly [number, number];
  readonly #weights: Disposable;

  private constructor(
    device: Device,
    captioner: ImageCaptioner,
    size: readonly [number, number],
    weights: Disposable,
  ) {
    [this.device, this.#captioner, this.#size, this.#weights] = [device, captioner, size, weights];
  }

  static async open(device: Device, folder: ModelFolder): Promise<Captioner> {
    const [tokenizer, processor, loaded] = await Promise.all([
      loadTokenizer(folder),
      loadImageProcessor(folder),
      load(folder, { device, families: [visionEncoderDecoder] }),
    ]);
    const captioner = new ImageCaptioner(device, loaded, tokenizer, processor);
    return new Captioner(device, captioner, loaded.model.config.vision.image, loaded);
  }

  /** What is in a picture; transparent pixels are seen on white. */
  async say(image: Drawn | Blob): Promise<Said> {
    const white = { background: [255, 255, 255] as const };
    const [[{ text, ids }]] = await this.#captioner.caption([image], white);
    if (ids.length === 0) return { text, words: [], grid: [0, 0], size: this.#size };
    const { words, grid } = await this.#captioner.look(image, ids, white);
    const through = await this.#captioner.look(image, ids, { ...white, rollout: true });
    const seen = words.map(({ text, patches }, i): SeenText => {
      return { text, last: patches, through: through.words[i].patches };
    });
    return { text, words: seen, grid, size: this.#size };
  }

  [Symbol.dispose](): void {
    this.#captioner[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}
