import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { matmul } from '../shaders/matmul/matmul';
import type { Activation } from '../shaders/activation/activation';
import { normal, zeros, type Init } from './init';
import { Parameter } from './parameter';

export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Default normal(0.02), as GPT-2 and BERT. */
  readonly init?: Init;
  /**
   * How checkpoints store the weight: 'out_in' is PyTorch's Linear, 'in_out' GPT-2's Conv1D. Default 'out_in'.
   * Either is used as it lies in memory; nothing is transposed at load.
   */
  readonly layout?: 'out_in' | 'in_out';
}

/** y = x Wᵀ + b. x (…, in) -> (…, out). */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #transposed: boolean;

  constructor(inputs: number, outputs: number, options: LinearOptions = {}) {
    const { bias = true, init = normal(0.02), layout = 'out_in' } = options;
    this.weight = new Parameter(layout === 'out_in' ? [outputs, inputs] : [inputs, outputs], { init });
    this.bias = bias ? new Parameter([outputs], { init: zeros }) : null;
    this.#transposed = layout === 'out_in';
  }

  /** Activation and residual are fused into the matmul: y = activation(x Wᵀ + b) + residual. */
  forward(
    g: Graph,
    x: Tensor,
    { activation, residual }: { activation?: Activation; residual?: Tensor } = {},
  ): Tensor {
    return matmul(g, x, g.use(this.weight), {
      transposeB: this.#transposed,
      ...(this.bias && { bias: g.use(this.bias) }),
      ...(activation && { activation }),
      ...(residual && { residual }),
    });
  }
}
