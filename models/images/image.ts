/** Images as apps have them, and their pixels. */
import { DataError } from '../../engine/index';

/** Pixels in the shape of `ImageData`: four bytes each, red, green, blue and alpha, row by row from the top. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/**
 * What an image may be given as: pixels anywhere; in a browser or a worker also a `Blob` or `File` with an encoded one, an
 * `ImageBitmap`, a canvas, an `<img>`, a `<video>` or a `VideoFrame`.
 */
export type ImageInput = Pixels | Blob | CanvasImageSource | VideoFrame;

/** The most pixels of an image, those at which Pillow takes one for an attack. */
export const MOST_PIXELS = 178_956_970;

/** Throws `DataError` for what is no image: no pixels, too many, or a wrong number of bytes. `noun` says of which. */
export function expectPixels(where: string, given: unknown, noun = 'image'): asserts given is Pixels {
  const { data, width, height } = Object(given) as Partial<Pixels>;
  if (!(ArrayBuffer.isView(data) && (data instanceof Uint8Array || data instanceof Uint8ClampedArray))) {
    const todo = 'Give { data, width, height } with RGBA bytes, as ImageData has them.';
    throw new DataError(where, `${noun} has no bytes of pixels`, todo);
  }
  expectSize(where, noun, width, height);
  if (data.length === 4 * width! * height!) return;
  const what = `${noun} of ${width} × ${height} pixels has ${data.length} bytes, not ${4 * width! * height!}`;
  throw new DataError(where, what, 'Give four a pixel: red, green, blue, alpha.');
}

function expectSize(where: string, noun: string, width: unknown, height: unknown): void {
  const whole = [width, height].every((n) => Number.isInteger(n) && (n as number) >= 1);
  if (!whole) {
    throw new DataError(where, `${noun} is ${String(width)} × ${String(height)} pixels`, 'Leave it out.');
  }
  if ((width as number) * (height as number) <= MOST_PIXELS) return;
  const what = `${noun} has ${String(width)} × ${String(height)} pixels, more than ${MOST_PIXELS}`;
  throw new DataError(where, what, 'Make it smaller first.');
}

/** Sizes of what can be drawn, each by its own names. */
function sizeOfSource(source: CanvasImageSource | VideoFrame): readonly [unknown, unknown] {
  const s = source as unknown as Readonly<Record<string, unknown>>;
  return [
    s.displayWidth ?? s.videoWidth ?? s.naturalWidth ?? s.width,
    s.displayHeight ?? s.videoHeight ?? s.naturalHeight ?? s.height,
  ];
}

const isDrawable = (given: object): boolean =>
  ['ImageBitmap', 'OffscreenCanvas', 'VideoFrame', 'HTMLCanvasElement', 'HTMLImageElement', 'HTMLVideoElement', 'SVGImageElement']
    .includes(Object.prototype.toString.call(given).slice(8, -1)); // prettier-ignore

/**
 * The pixels of an image. Encoded ones are decoded by the browser: turned as their Exif says, without their colour profile, as
 * Pillow reads them; of an animation the first frame. Throws `DataError` for what is no image or cannot be decoded, and where
 * the host decodes none.
 */
export async function pixelsOf(where: string, given: ImageInput, noun = 'image'): Promise<Pixels> {
  const value: unknown = given;
  if (typeof value !== 'object' || value === null) {
    throw new DataError(
      where,
      `${noun} is ${value === null ? 'null' : `a ${typeof value}`}`,
      'Give an image.',
    );
  }
  if (value instanceof Blob) {
    if (typeof createImageBitmap !== 'function') {
      const todo = 'Decode it, and give { data, width, height } with RGBA bytes.';
      throw new DataError(where, `${noun} is a file, and this host decodes none`, todo);
    }
    let bitmap: ImageBitmap;
    try {
      const raw = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' } as const;
      bitmap = await createImageBitmap(value, raw);
    } catch (cause) {
      const what = `${noun} of ${value.size} bytes (${value.type || 'no type'}) cannot be decoded`;
      throw new DataError(where, what, 'Give a PNG, JPEG, WebP, GIF or AVIF that is whole.', { cause });
    }
    try {
      return drawn(where, bitmap, noun);
    } finally {
      bitmap.close();
    }
  }
  if (isDrawable(value)) return drawn(where, value as CanvasImageSource, noun);
  expectPixels(where, value, noun);
  return value;
}

/** What a canvas shows of it. */
function drawn(where: string, source: CanvasImageSource, noun: string): Pixels {
  const [width, height] = sizeOfSource(source);
  expectSize(where, noun, width, height);
  const canvas = new OffscreenCanvas(width as number, height as number);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) {
    const what = `${noun} of ${String(width)} × ${String(height)} pixels finds no canvas`;
    throw new DataError(where, what, 'Make it smaller first.');
  }
  context.drawImage(source, 0, 0, width as number, height as number);
  try {
    const { data } = context.getImageData(0, 0, width as number, height as number, { colorSpace: 'srgb' });
    return { data, width: width as number, height: height as number };
  } catch (cause) {
    const todo = 'Serve it with CORS headers, or make it smaller.';
    throw new DataError(where, `${noun} may not be read: ${(cause as Error).message}`, todo, { cause });
  }
}
