import { expectOneOf, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { matmul } from '../shaders/matmul/matmul';
import type { Activation } from '../shaders/activation/activation';
import { uniform, zeros, type Init } from './init';
import { Parameter } from './parameter';

/** How a `Linear` begins and how its weight lies in memory. */
export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Of the weight; the bias then begins at zero. Default: both uniform on ±1/√in, as PyTorch's. */
  readonly init?: Init;
  /**
   * How checkpoints store the weight: 'out_in' is PyTorch's Linear, 'in_out' GPT-2's Conv1D. Default 'out_in'.
   * Either is used as it lies in memory; nothing is transposed at load, unless it is packed (int8, int4).
   */
  readonly layout?: 'out_in' | 'in_out';
}

/** What is fused into the matmul of a `Linear`. */
export interface LinearForwardOptions {
  readonly activation?: Activation;
  readonly residual?: Tensor;
}

/** y = activation(x Wᵀ + b) + residual. */
export type LinearForward = (g: Graph, x: Tensor, options: LinearForwardOptions) => Tensor;

/**
 * y = x Wᵀ + b. x (…, in) -> (…, out). `outputs` may be several, of layers that see the same rows, one below another:
 * a list, or by name.
 */
export class Linear {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly inputs: number;
  readonly outputs: number;
  readonly layout: 'out_in' | 'in_out';
  /** Its outputs by name (or number), where they are several. */
  readonly sections: Readonly<Record<string, number>>;
  /** What makes another `forward` of it, first to last: see `adapt`. */
  wraps: readonly ((inner: LinearForward) => LinearForward)[] = [];

  constructor(
    inputs: number,
    outputs: number | readonly number[] | Readonly<Record<string, number>>,
    options: LinearOptions = {},
  ) {
    const { bias = true, init, layout = 'out_in' } = options;
    expectOptions('Linear', options, { bias, init, layout });
    expectOneOf('Linear', 'layout', layout, ['out_in', 'in_out']);
    const own = uniform(1 / Math.sqrt(inputs));
    this.sections = typeof outputs === 'number' ? {} : Object.fromEntries(Object.entries(outputs));
    const sizes = Object.values(this.sections);
    const sections = sizes.length > 0 ? { sections: sizes } : {};
    const all = typeof outputs === 'number' ? outputs : sizes.reduce((sum, n) => sum + n, 0);
    [this.inputs, this.outputs, this.layout] = [inputs, all, layout];
    this.weight = new Parameter(layout === 'out_in' ? [all, inputs] : [inputs, all], {
      ...{ init: init ?? own, outputs: layout === 'out_in' ? 0 : 1 },
      ...sections,
    });
    this.bias = bias ? new Parameter([all], { init: init ? zeros : own, ...sections }) : null;
  }

  /** Activation and residual are fused into the matmul: y = activation(x Wᵀ + b) + residual. */
  forward(g: Graph, x: Tensor, options: LinearForwardOptions = {}): Tensor {
    const { activation, residual } = options;
    expectOptions('Linear.forward', options, { activation, residual });
    const plain: LinearForward = (g, x, { activation, residual }) => {
      const weight = g.use(this.weight);
      return matmul(g, x, weight, {
        transposeB: this.layout === 'out_in' || weight.packed !== null,
        ...(this.bias && { bias: g.use(this.bias) }),
        ...(activation && { activation }),
        ...(residual && { residual }),
      });
    };
    return this.wraps.reduce((inner, wrap) => wrap(inner), plain)(g, x, options);
  }
}
