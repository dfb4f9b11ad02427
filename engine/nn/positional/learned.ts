import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { addPositions, type PositionsOptions } from '../../shaders/positional/positional';
import { slice } from '../../shaders/rearrange/rearrange';
import { normal, type Init } from '../init';
import { Parameter } from '../parameter';

/**
 * A learned vector for each of P positions (Gehring et al. 2017; GPT, BERT), N(0, 0.02) at first as theirs. Row t of x
 * stands at `now.position + t`, and `starts` further, and gets that row of the table added; runs past the last are refused.
 * x (B, T, C) with T ≤ P -> (B, T, C).
 */
export class LearnedPositions {
  readonly weight: Parameter;
  readonly #positions: number;
  readonly #skip: number;

  /**
   * `trainable`: false for a table that comes with the weights of a model and stays as it is. Default true. `skip`: rows
   * of the table ahead of that of position 0, which nothing reads (OPT, RoBERTa). Default 0.
   */
  constructor(
    positions: number,
    width: number,
    options: { readonly init?: Init; readonly trainable?: boolean; readonly skip?: number } = {},
  ) {
    const { init = normal(0.02), trainable = true, skip = 0 } = options;
    expectOptions('LearnedPositions', options, { init, trainable, skip });
    this.weight = new Parameter([positions + skip, width], { init, trainable });
    this.#positions = positions;
    this.#skip = skip;
  }

  /** `after`: how many positions stand before the first row's, those of a prefix, besides `now.position`. Default 0. */
  forward(g: Graph, x: Tensor, options: PositionsOptions & { readonly after?: number } = {}): Tensor {
    const { after = 0, ...rest } = options;
    const table = g.use(this.weight);
    const first = this.#skip + after;
    const own = first > 0 ? slice(g, table, 0, first, this.#positions - after) : table;
    return addPositions(g, x, own, rest);
  }
}
