import { expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { add } from '../shaders/add/add';
import { layernorm } from '../shaders/layernorm/layernorm';
import { rmsnorm } from '../shaders/rmsnorm/rmsnorm';
import { ones, zeros } from './init';
import { Parameter } from './parameter';

/** Layer normalisation over the last axis (Ba et al. 2016). x (…, C) -> (…, C). */
export class LayerNorm {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #epsilon: number;

  constructor(width: number, options: { readonly epsilon?: number; readonly bias?: boolean } = {}) {
    const { epsilon = 1e-5, bias = true } = options;
    expectOptions('LayerNorm', options, { epsilon, bias });
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
  readonly #fromOne: boolean;

  /** `fromOne`: the factors are 1 + weight (Gemma), which begins at zero. Default false. */
  constructor(width: number, options: { readonly epsilon?: number; readonly fromOne?: boolean } = {}) {
    const { epsilon = 1e-6, fromOne = false } = options;
    expectOptions('RMSNorm', options, { epsilon, fromOne });
    this.weight = new Parameter([width], { init: fromOne ? zeros : ones, decay: false });
    this.#epsilon = epsilon;
    this.#fromOne = fromOne;
  }

  forward(g: Graph, x: Tensor): Tensor {
    const weight = g.use(this.weight);
    const one = this.#fromOne && g.constant('one', weight.shape, new Float32Array(weight.size).fill(1));
    return rmsnorm(g, x, one ? add(g, weight, one) : weight, this.#epsilon);
  }
}

/** The norms that blocks may be made of. */
export type Norm = LayerNorm | RMSNorm;
