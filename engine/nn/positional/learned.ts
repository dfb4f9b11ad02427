import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { add } from '../../shaders/add/add';
import { embedding } from '../../shaders/embedding/embedding';
import { addPositions, type PositionsOptions } from '../../shaders/positional/positional';
import { slice } from '../../shaders/rearrange/rearrange';
import { textPositions } from '../../shaders/text_positions/text_positions';
import { normal, type Init } from '../init';
import { Parameter } from '../parameter';

/** How a table of `LearnedPositions` begins, trains and counts. */
export interface LearnedPositionsOptions {
  readonly init?: Init;
  /** False for a table that comes with the weights of a model and stays as it is. Default true. */
  readonly trainable?: boolean;
  /** Rows of the table ahead of that of position 0 (OPT, RoBERTa). Default 0. */
  readonly skip?: number;
  /** Whether the last of these, which padding takes, learns from there, as OPT's; RoBERTa's does not. Default false. */
  readonly paddingLearns?: boolean;
}

/**
 * A learned vector for each of P positions (Gehring et al. 2017; GPT, BERT), N(0, 0.02) at first as theirs. Row t of x
 * stands at `now.position + t`, and `starts` further, and gets that row of the table added; runs past the last are refused.
 * x (B, T, C) with T ≤ P -> (B, T, C).
 */
export class LearnedPositions {
  readonly weight: Parameter;
  readonly #positions: number;
  readonly #skip: number;
  readonly #paddingLearns: boolean;

  constructor(positions: number, width: number, options: LearnedPositionsOptions = {}) {
    const { init = normal(0.02), trainable = true, skip = 0, paddingLearns = false } = options;
    expectOptions('LearnedPositions', options, { init, trainable, skip, paddingLearns });
    this.weight = new Parameter([positions + skip, width], { init, trainable });
    this.#positions = positions;
    this.#skip = skip;
    this.#paddingLearns = paddingLearns;
  }

  /**
   * `after`: how many positions stand before the first row's, those of a prefix, besides `now.position`. Default 0.
   * `padded`, u32 (B): how many rows are real in whole texts (from position 0 on) that are padded on the right; where rows of
   * the table are skipped, padding takes the last of these, as in Transformers. Default null: all have their positions.
   */
  forward(
    g: Graph,
    x: Tensor,
    options: PositionsOptions & { readonly after?: number; readonly padded?: Tensor | null } = {},
  ): Tensor {
    const { after = 0, padded = null, ...rest } = options;
    const table = g.use(this.weight);
    const first = this.#skip + after;
    if (padded && this.#skip > 0) return this.#addPadded(g, x, table, { padded, after });
    const own = first > 0 ? slice(g, table, 0, first, this.#positions - after) : table;
    return addPositions(g, x, own, rest);
  }

  #addPadded(
    g: Graph,
    x: Tensor,
    table: Tensor,
    { padded, after }: { readonly padded: Tensor; readonly after: number },
  ): Tensor {
    const where = g.where('LearnedPositions');
    const rows = x.shape[1];
    const refuse = (from: number): never => {
      const what = `${rows} rows from position ${from} on, but the table has ${this.#positions} positions`;
      throw new ShapeError(where, what, 'Give whole texts, from position 0 on, that are no longer.');
    };
    if (rows + after > this.#positions) refuse(after);
    g.check(({ position = 0 }) => {
      if (position > 0) refuse(position + after);
    });
    const padding = this.#skip - 1;
    const at = textPositions(g, padded, { rows, first: this.#skip + after, padding });
    return add(g, x, embedding(g, at, table, this.#paddingLearns ? {} : { padding }));
  }
}
