import { EngineError, expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectShape, type Tensor } from '../../graph/tensor';
import type { Activation } from '../../shaders/activation/activation';
import { add } from '../../shaders/add/add';
import { matmul } from '../../shaders/matmul/matmul';
import { zeros, type Init } from '../init';
import { Linear } from '../linear';
import { Parameter } from '../parameter';
import type { Norm } from '../norm';

/** What stands between the last layer and the matrix of a `LanguageHead`, as in BERT. */
export interface LanguageHeadTransform {
  readonly activation: Activation;
  /** Over E numbers. */
  readonly norm: Norm;
  readonly init?: Init;
  /** E: width of what comes out, and of the matrix (ELECTRA, ALBERT). Default C. */
  readonly width?: number;
}

/** What `LanguageHead` is made of. */
export interface LanguageHeadConfig {
  /** C. */
  readonly width: number;
  /** V. */
  readonly vocabulary: number;
  /** The matrix is the table that the model reads tokens from, given to `forward`. Default false: its own. */
  readonly tied?: boolean;
  /** A bias per token; 'frozen' for one that does not train, as Marian's. Default false. */
  readonly bias?: boolean | 'frozen';
  /** A layer, an activation and a norm before, as BERT's. Default null: none. */
  readonly transform?: LanguageHeadTransform | null;
  /** First values of a matrix of its own. Default those of `Linear`. */
  readonly init?: Init;
}

/** Hidden rows to logits over the vocabulary: x (…, C) -> (…, V). */
export class LanguageHead {
  /** (E, C), before the matrix. */
  readonly transform: Linear | null;
  readonly norm: Norm | null;
  /** (V, E), unless it is tied. */
  readonly weight: Parameter | null;
  /** (V). */
  readonly bias: Parameter | null;
  /** A matrix of its own as a layer: adapters are put beside it. */
  readonly #matrix: Linear | null;
  readonly #activation: Activation | null;
  /** V, E. */
  readonly #shape: readonly [number, number];

  constructor(config: LanguageHeadConfig) {
    const { width, vocabulary, tied = false, bias = false, transform = null, init } = config;
    expectOptions('LanguageHead', config, { width, vocabulary, tied, bias, transform, init });
    if (![true, false, 'frozen'].includes(bias))
      throw new EngineError('LanguageHead', `bias is ${bias}`, "Use true, false or 'frozen'.");
    if (transform)
      expectOptions('LanguageHead transform', transform, { activation: 0, norm: 0, init: 0, width: 0 });
    const inner = transform?.width ?? width;
    this.#shape = [vocabulary, inner];
    this.transform = transform && new Linear(width, inner, transform.init ? { init: transform.init } : {});
    this.norm = transform?.norm ?? null;
    this.#activation = transform?.activation ?? null;
    this.#matrix = tied ? null : new Linear(inner, vocabulary, { bias: false, ...(init && { init }) });
    this.weight = this.#matrix?.weight ?? null;
    const trainable = bias !== 'frozen';
    this.bias = bias ? new Parameter([vocabulary], { init: zeros, trainable }) : null;
  }

  /** A matrix of its own, as a layer without the bias; null where it is tied. */
  get matrix(): Linear | null {
    return this.#matrix;
  }

  /** `table`, (V, E), is the matrix where the head is tied. Throws `EngineError` without it, `ShapeError` for another. */
  forward(g: Graph, x: Tensor, table: Parameter | null = null): Tensor {
    const matrix = this.weight ?? table;
    const where = g.where('LanguageHead');
    if (!matrix)
      throw new EngineError(where, 'it is tied, but there is no table', 'Give that of the tokens.');
    const weight = g.use(matrix);
    expectShape(where, weight, this.#shape);
    let h = x;
    if (this.transform) {
      const activation = this.#activation!;
      h = this.norm!.forward(g, g.call(this, 'transform', x, { activation }));
    }
    if (this.#matrix && this.#matrix.wraps.length > 0) {
      const y = this.#matrix.forward(g, h);
      return this.bias ? add(g, y, g.use(this.bias)) : y;
    }
    return matmul(g, h, weight, {
      transposeB: true,
      ...(this.bias && { bias: g.use(this.bias) }),
    });
  }
}
