import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { embedding } from '../shaders/embedding/embedding';
import { normal } from './init';
import { Parameter } from './parameter';

/** Rows of a table by token id. ids (…) u32 -> (…, C). */
export class Embedding {
  readonly weight: Parameter;

  constructor(vocabulary: number, width: number, { init = normal(0.02) } = {}) {
    this.weight = new Parameter([vocabulary, width], { init });
  }

  forward(g: Graph, ids: Tensor): Tensor {
    return embedding(g, ids, g.use(this.weight));
  }
}
