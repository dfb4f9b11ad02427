/** Says what is in images: a model that sees and writes, with its tokenizer and its image processor; and where each word looked. */
import {
  attentionRollout,
  DataError,
  EngineError,
  expectOneOf,
  expectOptions,
  Graph,
  Plans,
  throwIfAborted,
  type Device,
  type Plan,
  type Tensor,
  type Tokenizer,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import type { Decoder } from '../generation/decoder';
import { SequenceGenerator, type GenerateSequenceOptions } from '../generation/sequence_generator';
import { sequenceOptions, type SequenceSettings } from '../generation/sequence_settings';
import { pixelsOf, type ImageInput } from '../images/image';
import type { ImageProcessor } from '../images/image_processor';
import { isWhole } from '../option_checks';
import { hasToken } from './has_token';
import { expectProcessor, READ_OPTIONS, type ReadImageOptions } from './image_reader';
import { expectVocabulary } from './inputs';
import { MOST_BEAMS } from './text_rewriter';

/** A model that sees and writes: `VisionEncoderDecoder`. */
export interface CaptioningModel extends Decoder {
  readonly config: Decoder['config'] & {
    readonly vision: { readonly image: readonly [number, number]; readonly channels: number };
    /** Rows of an image: those ahead of the patches, and the patches. */
    readonly sourceContext: number;
  };
  /** Patches down and across. */
  readonly grid: readonly [number, number];
  /** pixels f32 (B, 3, H, W), target u32 (B, T) -> logits (B, T, V). */
  forward(g: Graph, pixels: Tensor, lengths: null, target: Tensor): Tensor;
}

/** How `ImageCaptioner` writes, and how images are read. */
export interface CaptionImageOptions extends GenerateSequenceOptions, ReadImageOptions {}

/** What is said of an image. */
export interface Caption {
  readonly text: string;
  /** Without what the text begins with and its end. */
  readonly ids: readonly number[];
  /** Log-probability / length^lengthPenalty, as of `Hypothesis`; 0 where tokens were not searched for. */
  readonly score: number;
}

/** One token of a caption, and what it was written from. */
export interface SeenWord {
  readonly id: number;
  /** As the tokenizer shows it by itself. */
  readonly text: string;
  /** Shares of attention that its patches had, row by row; what is missing to 1 went to the rows ahead of them. */
  readonly patches: Float64Array;
}

/** Where the words of a caption looked. */
export interface WordPatches {
  /** Patches down and across. */
  readonly grid: readonly [number, number];
  readonly words: readonly SeenWord[];
}

/** How words are traced to patches. */
export interface WordPatchesOptions {
  /** Decoder layer by number from 0, or the mean of all. Default 'mean'. */
  readonly layer?: number | 'mean';
  /**
   * Whether what the encoder's layers moved between patches is followed back to where it came from (`attentionRollout`). Default
   * false: the shares of the encoder's last rows.
   */
  readonly rollout?: boolean;
  readonly signal?: AbortSignal;
}

const WHERE = 'ImageCaptioner';
/** Images that are written of at once. */
const GROUP = 8;
/** Lengths that captions are padded to where they are looked at: one plan each. */
const LENGTHS = [16, 32, 64, 128];

/** Says what is in images. One call at a time. Owns caches and plans; dispose of it before the weights. */
export class ImageCaptioner implements Disposable {
  readonly #device: Device;
  readonly #model: CaptioningModel;
  readonly #tokenizer: Tokenizer;
  readonly #processor: ImageProcessor;
  readonly #settings: SequenceSettings;
  readonly #generator: SequenceGenerator;
  readonly #plans = new Plans<number>();
  #over = false;

  /** Throws `DataError` for a tokenizer or an image processor of another model, and settings of generation that are not done. */
  constructor(
    device: Device,
    loaded: Pretrained<CaptioningModel>,
    tokenizer: Tokenizer,
    processor: ImageProcessor,
  ) {
    const { model } = loaded;
    expectVocabulary(WHERE, tokenizer, model.config.vocabulary);
    expectProcessor(WHERE, model.config.vision, processor, null);
    [this.#device, this.#model, this.#tokenizer, this.#processor] = [device, model, tokenizer, processor];
    this.#settings = sequenceOptions(loaded);
    const beams = Math.max(MOST_BEAMS, this.#settings.generation.beams ?? 1);
    const sentences = Math.max(1, Math.floor((MOST_BEAMS * GROUP) / beams));
    this.#generator = new SequenceGenerator(device, model, { ...this.#settings.special, sentences, beams });
  }

  /**
   * The best captions of each image, one unless `nBest` says more, as generation_config.json says unless options do. `background` is
   * what shows through where pixels are transparent.
   *
   * Throws `DataError` for images that cannot be read, with their numbers, and as `SequenceGenerator.generate`.
   */
  async caption(images: readonly ImageInput[], options: CaptionImageOptions = {}): Promise<Caption[][]> {
    const { signal, onProgress, background = null, ...generation } = options;
    expectOptions('caption', { signal, onProgress, background }, READ_OPTIONS);
    const all: unknown = images;
    if (!Array.isArray(all))
      throw new DataError('caption', 'the images are no list', 'Give a list of images.');
    const tokenizer = (ids: readonly number[]): string => this.#text(ids);
    const choices = {
      ...{ ...this.#settings.generation, tokenizer, ...generation },
      ...(signal && { signal }),
    };
    const found: Caption[][] = [];
    for (let at = 0; at < images.length; at += GROUP) {
      const group: Float32Array[] = [];
      for (const [i, image] of images.slice(at, at + GROUP).entries()) {
        throwIfAborted(signal);
        group.push(await this.#pixels('caption', image, { background, name: `image ${at + i}` }));
      }
      const texts = await this.#generator.generate(group, choices);
      for (const list of texts) {
        found.push(list.map(({ ids, score }) => ({ text: this.#text(ids).trim(), ids, score })));
      }
      onProgress?.(found.length, images.length);
    }
    return found;
  }

  /**
   * What each token of a caption was written from: the mean of the heads' attention to the image's patches. `ids` are those of a caption,
   * of this image or of any other text.
   *
   * Throws `DataError` for an image that cannot be read, `EngineError` for options and ids that cannot be, the signal's reason.
   */
  async look(
    image: ImageInput,
    ids: readonly number[],
    options: WordPatchesOptions & Pick<ReadImageOptions, 'background'> = {},
  ): Promise<WordPatches> {
    const { layer = 'mean', rollout = false, signal, background = null } = options;
    expectOptions('look', options, { layer, rollout, signal, background });
    expectOneOf('look', 'rollout', rollout, [true, false]);
    const { context, vocabulary } = this.#model.config;
    const wrong = ids.find((id) => !isWhole(id, 0, vocabulary - 1));
    if (wrong !== undefined)
      throw new EngineError('look', `an id is ${wrong}`, `Use ids below ${vocabulary}.`);
    if (ids.length < 1 || ids.length > context) {
      throw new EngineError('look', `the caption has ${ids.length} tokens`, `Give 1 to ${context}.`);
    }
    const pixels = await this.#pixels('look', image, { background, name: 'the image' });
    const room = Math.min(context, LENGTHS.find((n) => n >= ids.length) ?? context);
    const plan = await this.#plans.get(room, () => this.#compile(room));
    if (this.#over) throw new EngineError(WHERE, 'it was disposed of', 'Make another one.');
    throwIfAborted(signal);
    const target = new Uint32Array(room);
    target.set([this.#settings.special.begin, ...ids.slice(0, -1)]);
    plan.run({ pixels, target });
    const shares = await this.#shares(plan, ids.length, { layer, rollout, ...(signal && { signal }) });
    const { grid } = this.#model;
    const S = shares.length / ids.length;
    const ahead = S - grid[0] * grid[1];
    const words = ids.map((id, t) => ({
      ...{ id, text: this.#text([id]) },
      patches: shares.slice(t * S + ahead, (t + 1) * S),
    }));
    return { grid, words };
  }

  /** Shares of an image's rows that `rows` tokens have, (rows, S). */
  async #shares(
    plan: Plan,
    rows: number,
    {
      layer,
      rollout,
      signal,
    }: Required<Pick<WordPatchesOptions, 'layer' | 'rollout'>> & { signal?: AbortSignal },
  ): Promise<Float64Array> {
    const labels = plan.attentions.map(({ label }) => label);
    const cross = labels.filter((label) => label.endsWith('crossAttention'));
    if (layer !== 'mean' && !isWhole(layer, 0, cross.length - 1)) {
      throw new EngineError('look', `layer is ${layer}`, `Use 0 to ${cross.length - 1}, or 'mean'.`);
    }
    const read = { rows: [0, rows] as const, ...(signal && { signal }) };
    const maps = [];
    for (const label of layer === 'mean' ? cross : [cross[layer]])
      maps.push(await plan.attention(label, 'mean', read));
    const { S } = maps[0];
    const mean = new Float64Array(rows * S);
    for (const { probabilities } of maps)
      for (let i = 0; i < mean.length; i++) mean[i] += probabilities[i] / maps.length;
    if (!rollout) return mean;
    const layers = labels.filter((label) => label.startsWith('encoder.'));
    const rolled = await attentionRollout(plan, { layers, ...(signal && { signal }) });
    const through = new Float64Array(rows * S);
    for (let t = 0; t < rows; t++)
      for (let s = 0; s < S; s++)
        for (let j = 0; j < S; j++) through[t * S + j] += mean[t * S + s] * rolled.shares[s * S + j];
    return through;
  }

  #compile(length: number): Promise<Plan> {
    const g = new Graph(this.#device, { label: 'caption' });
    const { sourceShape, vocabulary } = this.#model.config;
    const pixels = g.input('pixels', [1, ...sourceShape!], 'f32');
    const target = g.input('target', [1, length], 'u32', { below: vocabulary });
    return g.compile({ logits: this.#model.forward(g, pixels, null, target) });
  }

  async #pixels(
    where: string,
    image: ImageInput,
    { background, name }: Required<Pick<ReadImageOptions, 'background'>> & { readonly name: string },
  ): Promise<Float32Array<ArrayBuffer>> {
    return this.#processor.process(await pixelsOf(where, image, name), { background }).data;
  }

  #text(ids: readonly number[]): string {
    const known = ids.filter((id) => hasToken(this.#tokenizer, id));
    return this.#tokenizer.decode(known, { special: false });
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#generator[Symbol.dispose]();
    this.#plans[Symbol.dispose]();
  }
}
