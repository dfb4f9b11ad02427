/** Position encodings as matrices to look at, each entry with the formula it comes from. Computed without a GPU. */
import {
  alibiSlopes,
  RandomStream,
  relativeSinusoidalTable,
  ropeFrequencies,
  sinusoidalTable,
  t5Bucket,
} from '../../engine/index';
import type { PaletteKind } from '../view/colours';

export interface EncodingOptions {
  /** Positions. */
  readonly length: number;
  /** Columns, even. */
  readonly width: number;
  readonly heads: number;
  /** Which of the heads, from 0. */
  readonly head: number;
  /** Whether keys after the query have T5 buckets of their own. */
  readonly bidirectional: boolean;
}

export type EncodingControl = Exclude<keyof EncodingOptions, 'length'>;
export type AxisName =
  'position' | 'query' | 'key' | 'distance' | 'dimension' | 'pair' | 'head' | 'otherPosition';

export interface Encoding {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  readonly palette: PaletteKind;
  readonly range: readonly [number, number];
  readonly rowAxis: AxisName;
  readonly columnAxis: AxisName;
  /** What the first row stands for where that is not 0; rows then count down. */
  readonly from?: number;
  /** A row to frame. */
  readonly marked?: number;
  /** Entries that a causal model never sees. */
  readonly masked?: (row: number, column: number) => boolean;
  /** The entry's formula with its numbers, without the value. */
  readonly formula: (row: number, column: number) => string;
}

export interface Scheme {
  readonly controls: readonly EncodingControl[];
  /** What there is to see of it, by name. */
  readonly views: Readonly<Record<string, (options: EncodingOptions) => Encoding>>;
}

const SEED = 1;
/** Deviation that GPT-2 starts its learned positions with. */
const LEARNED_DEVIATION = 0.02;

type Entry = (row: number, column: number) => number;

const fill = (rows: number, columns: number, entry: Entry): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, at) => entry(Math.floor(at / columns), at % columns));

function normal(name: string, size: number): Float32Array {
  const random = new RandomStream(SEED, name);
  return Float32Array.from({ length: size }, () => random.normal());
}

const UNIT = { palette: 'diverging', range: [-1, 1] } as const;
const later = (query: number, key: number): boolean => key > query;

function table(values: Float32Array, rows: number, columns: number, most: number): Omit<Encoding, 'formula'> {
  return {
    rows,
    columns,
    values,
    ...UNIT,
    range: [-most, most],
    rowAxis: 'position',
    columnAxis: 'dimension',
  };
}

/** Cosine of the angle between any two rows: how alike two positions look. */
function similarity(rows: Float32Array, length: number, width: number): Encoding {
  const row = (i: number): Float32Array => rows.subarray(i * width, (i + 1) * width);
  const dot = (i: number, j: number): number => row(i).reduce((sum, x, c) => sum + x * row(j)[c], 0);
  const norms = Array.from({ length }, (_, i) => Math.sqrt(dot(i, i)));
  return {
    ...UNIT,
    rows: length,
    columns: length,
    values: fill(length, length, (i, j) => dot(i, j) / (norms[i] * norms[j])),
    rowAxis: 'position',
    columnAxis: 'otherPosition',
    formula: (i, j) => `p(${i}) · p(${j}) / (|p(${i})| |p(${j})|)`,
  };
}

const learnedTable = (length: number, width: number): Float32Array =>
  normal('learned positions', length * width).map((x) => LEARNED_DEVIATION * x);

/** Turns of each pair of columns, one pair after another. */
function rotation(name: 'cos' | 'sin', { length, width }: EncodingOptions): Encoding {
  const { frequencies } = ropeFrequencies({ width });
  return {
    ...UNIT,
    rows: length,
    columns: width / 2,
    values: fill(length, width / 2, (position, pair) => Math[name](position * frequencies[pair])),
    rowAxis: 'position',
    columnAxis: 'pair',
    formula: (position, pair) => `${name}(${position} · 10000^(−${2 * pair}/${width}))`,
  };
}

export const SCHEMES = {
  sinusoidal: {
    controls: ['width'],
    views: {
      table: ({ length, width }) => ({
        ...table(sinusoidalTable(length, width), length, width, 1),
        formula: (position, column) =>
          `${column % 2 ? 'cos' : 'sin'}(${position} · 10000^(−${column - (column % 2)}/${width}))`,
      }),
      similarity: ({ length, width }) => similarity(sinusoidalTable(length, width), length, width),
    },
  },
  learned: {
    controls: ['width'],
    views: {
      table: ({ length, width }) => ({
        ...table(learnedTable(length, width), length, width, 3 * LEARNED_DEVIATION),
        formula: (position, column) => `table[${position}, ${column}]`,
      }),
      similarity: ({ length, width }) => similarity(learnedTable(length, width), length, width),
    },
  },
  rope: {
    controls: ['width'],
    views: {
      cos: (options) => rotation('cos', options),
      sin: (options) => rotation('sin', options),
      score: ({ length, width }) => {
        const { frequencies } = ropeFrequencies({ width });
        const mean = (distance: number): number =>
          frequencies.reduce((sum, w) => sum + Math.cos(distance * w), 0) / frequencies.length;
        return {
          ...UNIT,
          rows: length,
          columns: length,
          values: fill(length, length, (i, j) => mean(i - j)),
          rowAxis: 'query',
          columnAxis: 'key',
          formula: (i, j) => `2/${width} Σₖ cos(${i - j} · 10000^(−2k/${width}))`,
        };
      },
    },
  },
  t5: {
    controls: ['bidirectional'],
    views: {
      buckets: ({ length, bidirectional }) => ({
        rows: length,
        columns: length,
        values: fill(length, length, (i, j) => t5Bucket(j - i, { bidirectional })),
        palette: 'sequential',
        range: [0, 31],
        rowAxis: 'query',
        columnAxis: 'key',
        masked: bidirectional ? undefined : later,
        formula: (i, j) => `bucket(${j} − ${i})`,
      }),
    },
  },
  alibi: {
    controls: ['heads', 'head'],
    views: {
      bias: ({ length, heads, head }) => {
        const slope = alibiSlopes(heads)[head];
        return {
          rows: length,
          columns: length,
          values: fill(length, length, (i, j) => -slope * (i - j)),
          palette: 'sequential',
          range: [0, -slope * (length - 1)],
          rowAxis: 'query',
          columnAxis: 'key',
          masked: later,
          formula: (i, j) => `−${Number(slope.toPrecision(4))} · (${i} − ${j})`,
        };
      },
      slopes: ({ length, heads, head }) => {
        const slopes = alibiSlopes(heads);
        return {
          rows: heads,
          columns: length,
          values: fill(heads, length, (h, distance) => Math.exp(-slopes[h] * distance)),
          palette: 'sequential',
          range: [0, 1],
          rowAxis: 'head',
          marked: head,
          columnAxis: 'distance',
          formula: (h, distance) => `exp(−${Number(slopes[h].toPrecision(4))} · ${distance})`,
        };
      },
    },
  },
  transformerXL: {
    controls: ['width'],
    views: {
      table: ({ length, width }) => ({
        ...table(relativeSinusoidalTable(length, width), length, width, 1),
        rowAxis: 'distance',
        from: length - 1,
        formula: (row, column) => {
          const pair = column % (width / 2);
          return `${column < width / 2 ? 'sin' : 'cos'}(${length - 1 - row} · 10000^(−${2 * pair}/${width}))`;
        },
      }),
      term: ({ length, width }) => {
        const rows = relativeSinusoidalTable(length, width);
        const v = normal('v', width).map((x) => x / Math.sqrt(width));
        const term = (distance: number): number =>
          v.reduce((sum, x, c) => sum + x * rows[(length - 1 - distance) * width + c], 0);
        const values = fill(length, length, (i, j) => (j > i ? 0 : term(i - j)));
        const most = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
        return {
          rows: length,
          columns: length,
          values,
          palette: 'diverging',
          range: [-most, most],
          rowAxis: 'query',
          columnAxis: 'key',
          masked: later,
          formula: (i, j) => `v · R(${i - j})`,
        };
      },
    },
  },
} satisfies Record<string, Scheme>;

export type SchemeName = keyof typeof SCHEMES;
