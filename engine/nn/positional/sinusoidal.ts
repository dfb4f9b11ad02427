import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { addPositions, type PositionsOptions } from '../../shaders/positional/positional';
import { slice } from '../../shaders/rearrange/rearrange';

/**
 * The fixed table of Vaswani et al. 2017, 3.5, to add with `addPositions`. -> (positions, C), f32.
 */
export function sinusoidal(g: Graph, positions: number, C: number): Tensor {
  return g.constant('sinusoidal', [positions, C], sinusoidalTable(positions, C));
}

/** Numbers of a table of positions, (positions, C). */
export type PositionTable = (positions: number, C: number) => Float32Array;

/**
 * A table of sines as a block, used as `LearnedPositions`: nothing in it learns, and files do not hold it. x (B, T, C) with
 * T ≤ `positions` -> (B, T, C).
 */
export class SinusoidalPositions {
  readonly #positions: number;
  readonly #table: PositionTable;

  /** `table`: its numbers, row by row. Default `sinusoidalTable`, the paper's. */
  constructor(positions: number, table: PositionTable = sinusoidalTable) {
    this.#positions = positions;
    this.#table = table;
  }

  /** `after`: as in `LearnedPositions.forward`; as many positions stand behind it as there are. */
  forward(g: Graph, x: Tensor, options: PositionsOptions & { readonly after?: number } = {}): Tensor {
    const { after = 0, ...rest } = options;
    const [rows, C] = [after + this.#positions, x.shape.at(-1)!];
    const all = g.constant('sinusoidal', [rows, C], this.#table(rows, C));
    return addPositions(g, x, after > 0 ? slice(g, all, 0, after, this.#positions) : all, rest);
  }
}

/**
 * Columns 2i and 2i + 1 hold sin and cos of position / 10000^(2i/C), computed in float64. -> (positions, C) as f32.
 */
export function sinusoidalTable(positions: number, C: number): Float32Array {
  checkSizes('sinusoidal', positions, C);
  return Float32Array.from({ length: positions * C }, (_, at) => {
    const [position, column] = [Math.floor(at / C), at % C];
    const angle = position * frequency(column >> 1, C);
    return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

/**
 * Transformer-XL's table of distances (Dai et al. 2019, 3.3), which its layers project to R. Row r stands for the
 * distance `length` - 1 - r, the farthest first, at most `clamp`; columns are C/2 sines, then C/2 cosines.
 * `length` counts keys: memory and segment. -> (length, C), f32.
 */
export function relativeSinusoidal(
  g: Graph,
  length: number,
  C: number,
  options: RelativeSinusoidalOptions = {},
): Tensor {
  return g.constant('relative sinusoidal', [length, C], relativeSinusoidalTable(length, C, options));
}

/** How far the encodings of `relativeSinusoidal` tell distances apart. */
export interface RelativeSinusoidalOptions {
  /** Distances beyond this one share its row (`clamp_len`). Default none. */
  readonly clamp?: number;
}

/** The numbers of `relativeSinusoidal`, computed in float64. C must be even. -> (length, C) as f32. */
export function relativeSinusoidalTable(
  length: number,
  C: number,
  options: RelativeSinusoidalOptions = {},
): Float32Array {
  const { clamp = Infinity } = options;
  expectOptions('relativeSinusoidal', options, { clamp });
  checkSizes('relativeSinusoidal', length, C);
  if (C % 2 !== 0) {
    throw new ShapeError(
      'relativeSinusoidal',
      `${C} columns do not divide into sines and cosines`,
      'Give an even C.',
    );
  }
  if (!(clamp > 0)) {
    throw new ShapeError(
      'relativeSinusoidal',
      `clamp is ${clamp}`,
      'Give a positive distance, or leave it out.',
    );
  }
  return Float32Array.from({ length: length * C }, (_, at) => {
    const [row, column] = [Math.floor(at / C), at % C];
    const angle = Math.min(clamp, length - 1 - row) * frequency(column % (C / 2), C);
    return column < C / 2 ? Math.sin(angle) : Math.cos(angle);
  });
}

const frequency = (pair: number, C: number): number => 10_000 ** ((-2 * pair) / C);

function checkSizes(where: string, rows: number, columns: number): void {
  if (![rows, columns].every((n) => Number.isInteger(n) && n > 0)) {
    throw new ShapeError(
      where,
      `a table of ${rows} rows of ${columns} columns`,
      'Give two positive integers.',
    );
  }
}
