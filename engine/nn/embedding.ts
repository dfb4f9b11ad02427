import { expectOptions, ShapeError } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { embedding } from '../shaders/embedding/embedding';
import { normal, type Init } from './init';
import { Parameter } from './parameter';

/** How an `Embedding` begins, and which id stands for no token. */
export interface EmbeddingLayerOptions {
  /** First values. Default N(0, 1), as PyTorch's. */
  readonly init?: Init;
  /**
   * An id that stands for no token, PyTorch's padding_idx: its row starts at zero, and reading it gives it no gradient.
   * Where the table is also the output layer, the gradient from there still reaches it. Default null: none.
   */
  readonly padding?: number | null;
}

/** What is added to rows of a table: see `adapt`. */
export interface EmbeddingSum {
  /** ids (…) u32, y (…, C), the rows -> y + f(ids), of y's shape. `padding`: an id that learns nothing, where there is one. */
  add(g: Graph, ids: Tensor, y: Tensor, padding: number | null): Tensor;
}

/** Rows of a table by token id. ids (…) u32 -> (…, C). */
export class Embedding {
  readonly weight: Parameter;
  /** Added to what it gives, first to last: see `adapt`. */
  sums: readonly EmbeddingSum[] = [];
  readonly #padding: number | null;

  /** Throws `ShapeError` for a padding that is no id. */
  constructor(vocabulary: number, width: number, options: EmbeddingLayerOptions = {}) {
    const { init = normal(1), padding = null } = options;
    expectOptions('Embedding', options, { init, padding });
    if (padding !== null && !(Number.isInteger(padding) && padding >= 0 && padding < vocabulary)) {
      throw new ShapeError('Embedding', `padding is ${padding}`, `It must be an id below ${vocabulary}.`);
    }
    this.#padding = padding;
    this.weight = new Parameter([vocabulary, width], {
      outputs: 0,
      init: (size, random) => {
        const data = init(size, random);
        return padding === null ? data : data.fill(0, padding * width, (padding + 1) * width);
      },
    });
  }

  forward(g: Graph, ids: Tensor): Tensor {
    const padding = this.#padding;
    const rows = embedding(g, ids, g.use(this.weight), padding === null ? {} : { padding });
    return this.sums.reduce((y, sum) => sum.add(g, ids, y, padding), rows);
  }
}
