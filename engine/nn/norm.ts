import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { layernorm } from '../shaders/layernorm/layernorm';
import { rmsnorm } from '../shaders/rmsnorm/rmsnorm';
import { ones, zeros } from './init';
import { Parameter } from './parameter';

/** Layer normalisation over the last axis (Ba et al. 2016). x (…, C) -> (…, C). */
export class LayerNorm {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #epsilon: number;

  constructor(width: number, { epsilon = 1e-5, bias = true } = {}) {
    this.weight = new Parameter([width], { init: ones, decay: false });
    this.bias = bias ? new Parameter([width], { init: zeros, decay: false }) : null;
    this.#epsilon = epsilon;
  }

  forward(g: Graph, x: Tensor): Tensor {
    return layernorm(g, x, g.use(this.weight), this.bias && g.use(this.bias), this.#epsilon);
  }
}

/** Root mean square normalisation over the last axis (Zhang and Sennrich 2019). x (…, C) -> (…, C). */
export class RMSNorm {
  readonly weight: Parameter;
  readonly #epsilon: number;

  constructor(width: number, { epsilon = 1e-6 } = {}) {
    this.weight = new Parameter([width], { init: ones, decay: false });
    this.#epsilon = epsilon;
  }

  forward(g: Graph, x: Tensor): Tensor {
    return rmsnorm(g, x, g.use(this.weight), this.#epsilon);
  }
}
