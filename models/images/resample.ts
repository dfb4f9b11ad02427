/**
 * Images of other sizes, by the arithmetic of Pillow, which Transformers resizes by: along rows and then along columns, each
 * number of the result a sum of its neighbours' with weights in whole 2^-22, rounded to a byte after each of the two. Where an
 * image becomes smaller the filter becomes as much wider (antialias).
 */

/** Pillow's numbers of its filters. */
export const RESAMPLING = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;
/** How a pixel is made of those around its place. */
export type Resampling = (typeof RESAMPLING)[number];

/** RGB, three bytes a pixel, row by row. */
export interface RGB {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Filter {
  /** How far it reaches, in pixels of the smaller image. */
  readonly support: number;
  readonly at: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const FILTERS: Readonly<Record<Exclude<Resampling, 'nearest'>, Filter>> = {
  box: { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    at: (x) => {
      const y = Math.abs(x);
      return y === 0 ? 1 : y >= 1 ? 0 : sinc(y) * (0.54 + 0.46 * Math.cos(y * Math.PI));
    },
  },
  bicubic: {
    support: 2,
    at: (x) => {
      const [a, y] = [-0.5, Math.abs(x)]; // Keys 1981
      if (y < 1) return ((a + 2) * y - (a + 3)) * y * y + 1;
      return y < 2 ? (((y - 5) * y + 8) * y - 4) * a : 0;
    },
  },
  lanczos: { support: 3, at: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Bits behind the point of a weight: a byte, and two for sums that overshoot, fit above them into 32. */
const BITS = 22;

/** For each place of the result, the first place that counts for it and the weights from there on. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Int32Array[];
}

function tapsOf(from: number, to: number, { support, at }: Filter): Taps {
  const scale = from / to;
  const wider = Math.max(1, scale);
  const reach = support * wider;
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    first[i] = begin;
    const own = Float64Array.from({ length: end - begin }, (_, k) =>
      at((k + begin - centre + 0.5) * (1 / wider)),
    );
    const sum = own.reduce((a, b) => a + b, 0);
    return Int32Array.from(own, (w) => {
      const share = (sum === 0 ? w : w / sum) * 2 ** BITS;
      return Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
  });
  return { first, weights };
}

const asByte = (sum: number): number => Math.min(255, Math.max(0, sum >> BITS));
const HALF = 1 << (BITS - 1);

/** RGBA bytes without their alpha. */
export function withoutAlpha(data: ArrayLike<number>, width: number, height: number): RGB {
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from];
    rgb[to + 1] = data[from + 1];
    rgb[to + 2] = data[from + 2];
  }
  return { data: rgb, width, height };
}

/** The image at another size: byte for byte Pillow's `Image.resize`. */
export function resample(image: RGB, width: number, height: number, filter: Resampling): RGB {
  if (image.width === width && image.height === height) return image;
  if (filter === 'nearest') return nearest(image, width, height);
  const kind = FILTERS[filter];
  const vertical = image.height === height ? null : tapsOf(image.height, height, kind);
  const wide = image.width === width ? image : alongRows(image, tapsOf(image.width, width, kind));
  return vertical ? alongColumns(wide, vertical) : wide;
}

function alongRows({ data, width, height }: RGB, { first, weights }: Taps): RGB {
  const to = weights.length;
  const out = new Uint8Array(3 * to * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    const row = 3 * width * y;
    for (let x = 0; x < to; x++) {
      const own = weights[x];
      let [r, g, b] = [HALF, HALF, HALF];
      let from = row + 3 * first[x];
      for (const w of own) {
        r += data[from++] * w;
        g += data[from++] * w;
        b += data[from++] * w;
      }
      out[at++] = asByte(r);
      out[at++] = asByte(g);
      out[at++] = asByte(b);
    }
  }
  return { data: out, width: to, height };
}

function alongColumns({ data, width }: RGB, { first, weights }: Taps): RGB {
  const row = 3 * width;
  const out = new Uint8Array(row * weights.length);
  const sums = new Int32Array(row);
  for (const [y, own] of weights.entries()) {
    sums.fill(HALF);
    for (const [k, w] of own.entries()) {
      const from = row * (first[y] + k);
      for (let i = 0; i < row; i++) sums[i] += data[from + i] * w;
    }
    for (let i = 0; i < row; i++) out[row * y + i] = asByte(sums[i]);
  }
  return { data: out, width, height: weights.length };
}

function nearest({ data, width, height }: RGB, toWidth: number, toHeight: number): RGB {
  /** Added up step by step, as Pillow does: the sums' rounding decides between two pixels. */
  const places = (from: number, to: number): Int32Array => {
    const step = from / to;
    let at = step * 0.5;
    return Int32Array.from({ length: to }, () => {
      const place = Math.trunc(at);
      at += step;
      return Math.min(from - 1, place);
    });
  };
  const [columns, rows] = [places(width, toWidth), places(height, toHeight)];
  const out = new Uint8Array(3 * toWidth * toHeight);
  let at = 0;
  for (const y of rows)
    for (const x of columns) {
      const from = 3 * (width * y + x);
      for (let c = 0; c < 3; c++) out[at++] = data[from + c];
    }
  return { data: out, width: toWidth, height: toHeight };
}
