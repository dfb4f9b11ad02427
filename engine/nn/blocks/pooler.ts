import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectAxes, type Tensor } from '../../graph/tensor';
import { expectActivation, type Activation } from '../../shaders/activation/activation';
import { slice } from '../../shaders/rearrange/rearrange';
import type { Init } from '../init';
import { Linear } from '../linear';

/** What `Pooler` is made of. */
export interface PoolerConfig {
  /** C. */
  readonly width: number;
  /** Default 'tanh', as BERT's. */
  readonly activation?: Activation;
  /** First values of the weight. Default those of `Linear`. */
  readonly init?: Init;
}

/** The first row of each sequence, x (B, T, C) -> (B, C): the token that stands for a whole text, such as [CLS]. */
export function firstRow(g: Graph, x: Tensor): Tensor {
  expectAxes(g.where('firstRow'), x, 'B, T, C');
  const [B, , C] = x.shape;
  return g.view(slice(g, x, 1, 0, 1), [B, C]);
}

/** A sequence in one row, from its first one: activation(x₀ Wᵀ + b). x (B, T, C) -> (B, C) (Devlin et al. 2019). */
export class Pooler {
  /** (C, C). */
  readonly dense: Linear;
  readonly #activation: Activation;

  /** Throws `ShapeError` for an activation that is none, `EngineError` for unknown options. */
  constructor(config: PoolerConfig) {
    const { width, activation = 'tanh', init } = config;
    expectOptions('Pooler', config, { width, activation, init });
    expectActivation('Pooler', activation);
    this.#activation = activation;
    this.dense = new Linear(width, width, init ? { init } : {});
  }

  /** x (B, T, C) -> (B, C). Throws `ShapeError` for other shapes. */
  forward(g: Graph, x: Tensor): Tensor {
    return g.call(this, 'dense', firstRow(g, x), { activation: this.#activation });
  }
}
