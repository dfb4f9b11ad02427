/** From pixels to what a vision model reads, as preprocessor_config.json says. */
import { DataError, expectOptions } from '../../engine/index';
import type { Json } from '../pretrained_config';
import { expectPixels, type Pixels } from './image';
import { resample, RESAMPLING, withoutAlpha, type Resampling, type RGB } from './resample';

/** How transparent pixels are seen. */
export interface ProcessOptions {
  /**
   * Bytes of red, green and blue that show through where pixels are transparent. Default null: alpha is left out, as
   * Pillow's `convert('RGB')` does, and pixels count with the colour that they have below it.
   */
  readonly background?: readonly [number, number, number] | null;
}

/** An image as a model reads it. */
export interface ProcessedImage {
  /** f32 (3, H, W). */
  readonly data: Float32Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

type Size =
  | { readonly kind: 'exact'; readonly height: number; readonly width: number }
  | { readonly kind: 'shortest'; readonly edge: number };

interface Steps {
  readonly resize: { readonly size: Size; readonly filter: Resampling } | null;
  /** [H, W]. */
  readonly crop: readonly [number, number] | null;
  readonly rescale: number | null;
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

/** What Transformers' classes do where a file says nothing. */
interface Defaults {
  readonly size: Size;
  readonly resample: number;
  /** Null: the class crops nothing, whatever a file says. */
  readonly crop: readonly [number, number] | null;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Whether a `size` of one number is that of the shortest edge. */
  readonly shortest: boolean;
}

const exact = (n: number): Size => ({ kind: 'exact', height: n, width: n });
const HALVES = [0.5, 0.5, 0.5];
const CLASSES: Readonly<Record<string, Defaults>> = {
  ViT: { size: exact(224), resample: 2, crop: null, mean: HALVES, std: HALVES, shortest: false },
  DeiT: {
    ...{ size: exact(256), resample: 3, crop: [224, 224], shortest: false },
    ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
  CLIP: {
    ...{ size: { kind: 'shortest', edge: 224 }, resample: 3, crop: [224, 224], shortest: true },
    ...{ mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
  },
};
/** Which class reads images for a model that does not say. */
const OF_MODELS: Readonly<Record<string, string>> = {
  ...{ vit: 'ViT', deit: 'DeiT', clip: 'CLIP', clip_vision_model: 'CLIP' },
};
const FILE = 'preprocessor_config.json';
const refuse = (what: string, todo: string): never => {
  throw new DataError(FILE, what, todo);
};

/**
 * Resizes, crops, scales and normalises images as Transformers' ViTImageProcessor, DeiTImageProcessor and CLIPImageProcessor
 * do, to the bit: Pillow's resampling, and float32 after it. `loadImageProcessor` reads one of a folder.
 */
export class ImageProcessor {
  /** The parsed preprocessor_config.json. */
  readonly config: Json;
  /** [H, W] of every result; null where that depends on the image. */
  readonly size: readonly [number, number] | null;
  readonly #steps: Steps;

  /**
   * `config`: a parsed preprocessor_config.json; `modelType`: of config.json, where the first does not say its class. Throws
   * `DataError` for classes and settings that are not done, by name.
   */
  constructor(config: Json, modelType: string | null = null) {
    this.config = config;
    const steps = stepsOf(config, modelType);
    this.#steps = steps;
    const { resize, crop } = steps;
    const resized = resize?.size.kind === 'exact' ? ([resize.size.height, resize.size.width] as const) : null;
    this.size = crop ?? resized;
  }

  /** An image (RGBA bytes) as the model reads it. Throws `DataError` for one of no size or too many pixels. */
  process(image: Pixels, options: ProcessOptions = {}): ProcessedImage {
    const { background = null } = options;
    expectOptions('process', options, { background });
    expectPixels('process', image);
    const { resize, crop } = this.#steps;
    let rgb = background ? over(image, background) : withoutAlpha(image.data, image.width, image.height);
    if (resize) {
      const [height, width] = sizeFor(resize.size, rgb);
      rgb = resample(rgb, width, height, resize.filter);
    }
    if (crop) rgb = cropped(rgb, crop);
    return this.#scaled(rgb);
  }

  /** Each byte of a channel has one result, which float32 makes as numpy does. */
  #scaled({ data, width, height }: RGB): ProcessedImage {
    const { rescale, normalize } = this.#steps;
    const out = new Float32Array(3 * width * height);
    const plane = width * height;
    for (let c = 0; c < 3; c++) {
      const values = Float32Array.from({ length: 256 }, (_, byte) => {
        const scaled = Math.fround(rescale === null ? byte : byte * rescale);
        if (!normalize) return scaled;
        const centred = Math.fround(scaled - Math.fround(normalize.mean[c]));
        return Math.fround(centred / Math.fround(normalize.std[c]));
      });
      for (let i = 0; i < plane; i++) out[c * plane + i] = values[data[3 * i + c]];
    }
    return { data: out, width, height };
  }
}

/** Pixels over a colour, by their alpha. */
function over({ data, width, height }: Pixels, background: readonly number[]): RGB {
  const bytes = background.length === 3 && background.every((n) => Number.isInteger(n) && n >= 0 && n <= 255);
  if (!bytes) {
    throw new DataError('process', `background is [${background.join(', ')}]`, 'Give three bytes, 0 to 255.');
  }
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[4 * i + 3];
    for (let c = 0; c < 3; c++) {
      rgb[3 * i + c] = Math.round((data[4 * i + c] * alpha + background[c] * (255 - alpha)) / 255);
    }
  }
  return { data: rgb, width, height };
}

/** [H, W] that an image is resized to. */
function sizeFor(size: Size, { width, height }: RGB): readonly [number, number] {
  if (size.kind === 'exact') return [size.height, size.width];
  const { edge } = size;
  const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  if (longer > 2 ** 16) {
    const what = `an image of ${width} × ${height} pixels is too narrow`;
    throw new DataError('process', what, 'Cut it into pieces.');
  }
  return width <= height ? [longer, edge] : [edge, longer];
}

/** The middle of an image; around one that is smaller there is black, of an odd number more above and on the left. */
function cropped({ data, width, height }: RGB, [h, w]: readonly [number, number]): RGB {
  const from = (all: number, part: number): number => Math.floor((all - part) / 2);
  const [top, left] = [from(height, h), from(width, w)];
  const out = new Uint8Array(3 * h * w);
  for (let y = Math.max(0, -top); y < h && y + top < height; y++) {
    const first = Math.max(0, -left);
    const last = Math.min(w, width - left);
    const row = 3 * (width * (y + top) + left);
    out.set(data.subarray(row + 3 * first, row + 3 * last), 3 * (w * y + first));
  }
  return { data: out, width: w, height: h };
}

function stepsOf(config: Json, modelType: string | null): Steps {
  const named = (config.image_processor_type ?? config.feature_extractor_type ?? null) as string | null;
  const own = modelType === null ? null : (OF_MODELS[modelType] ?? null);
  const kind =
    typeof named !== 'string' ? own : named.replace(/(ImageProcessor(Fast)?|FeatureExtractor)$/, '');
  const known = Object.keys(CLASSES).join(', ');
  if (kind === null || !Object.hasOwn(CLASSES, kind)) {
    const what =
      named === null
        ? `it says no class (model_type ${String(modelType)})`
        : `its class is ${JSON.stringify(named)}`;
    refuse(what, `Image processors of ${known} are done.`);
  }
  const defaults = CLASSES[kind!];
  for (const key of [
    'do_pad',
    'do_flip_channel_order',
    'do_reduce_labels',
    'use_square_size',
    'do_thumbnail',
  ]) {
    if (config[key]) refuse(`${key} is ${JSON.stringify(config[key])}`, 'This variant is not supported.');
  }
  const flag = (key: string): boolean => {
    const value = config[key] ?? true;
    if (typeof value !== 'boolean') refuse(`${key} is ${JSON.stringify(value)}`, 'It must be true or false.');
    return value as boolean;
  };
  const numbers = (
    key: string,
    fallback: readonly number[],
    fine: (n: number) => boolean,
  ): readonly number[] => {
    const value = config[key] ?? fallback;
    const list = (typeof value === 'number' ? [value, value, value] : value) as number[];
    const numeric =
      Array.isArray(list) && list.length === 3 && list.every((n) => Number.isFinite(n) && fine(n));
    return numeric
      ? list
      : refuse(`${key} is ${JSON.stringify(value)}`, 'Give three numbers, one for each colour.');
  };
  const filter = config.resample ?? defaults.resample;
  if (!Number.isInteger(filter) || !((filter as number) in RESAMPLING)) {
    const names = RESAMPLING.map((name, i) => `${i} (${name})`).join(', ');
    refuse(`resample is ${JSON.stringify(filter)}`, `Pillow's are ${names}.`);
  }
  const rescale = config.rescale_factor ?? 1 / 255;
  if (typeof rescale !== 'number' || !Number.isFinite(rescale)) {
    refuse(`rescale_factor is ${JSON.stringify(rescale)}`, 'It must be a number.');
  }
  let crop = defaults.crop;
  if (crop && config.crop_size !== undefined && config.crop_size !== null) {
    const size = sizeIn('crop_size', config.crop_size, false);
    if (size.kind !== 'exact') refuse('crop_size is a shortest edge', 'Give height and width.');
    else crop = [size.height, size.width];
  }
  const size = config.size ?? null;
  return {
    resize: flag('do_resize')
      ? {
          size: size === null ? defaults.size : sizeIn('size', size, defaults.shortest),
          filter: RESAMPLING[filter as number],
        }
      : null,
    crop: crop && flag('do_center_crop') ? crop : null,
    rescale: flag('do_rescale') ? (rescale as number) : null,
    normalize: flag('do_normalize')
      ? {
          mean: numbers('image_mean', defaults.mean, () => true),
          std: numbers('image_std', defaults.std, (n) => n !== 0),
        }
      : null,
  };
}

/** A number, [height, width], or an object that says which edges. */
function sizeIn(key: string, given: unknown, shortest: boolean): Size {
  const whole = (n: unknown): n is number =>
    Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 2 ** 16;
  if (whole(given)) return shortest ? { kind: 'shortest', edge: given } : exact(given);
  const list: readonly unknown[] = Array.isArray(given) ? given : [];
  if (list.length === 2 && whole(list[0]) && whole(list[1])) {
    return { kind: 'exact', height: list[0], width: list[1] };
  }
  const object = Object(given) as Json;
  const names = Object.keys(object).sort().join();
  if (names === 'height,width' && whole(object.height) && whole(object.width)) {
    return { kind: 'exact', height: object.height, width: object.width };
  }
  if (names === 'shortest_edge' && shortest && whole(object.shortest_edge)) {
    return { kind: 'shortest', edge: object.shortest_edge };
  }
  return refuse(`${key} is ${JSON.stringify(given)}`, 'Give { height, width } in pixels.');
}
