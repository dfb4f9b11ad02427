import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { addPositions } from '../../shaders/positional/positional';
import { normal } from '../init';
import { Parameter } from '../parameter';

/**
 * A learned vector for each of P positions (Gehring et al. 2017; GPT, BERT). Row t of x stands at
 * `now.position + t` and gets that row of the table added; runs past the last are refused. x (B, T, C) with T ≤ P -> (B, T, C).
 */
export class LearnedPositions {
  readonly weight: Parameter;

  constructor(positions: number, width: number, { init = normal(0.02) } = {}) {
    this.weight = new Parameter([positions, width], { init });
  }

  forward(g: Graph, x: Tensor): Tensor {
    return addPositions(g, x, g.use(this.weight));
  }
}
