import { expectOneOf, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { matmul } from '../shaders/matmul/matmul';
import type { Activation } from '../shaders/activation/activation';
import { uniform, zeros, type Init } from './init';
import { Parameter } from './parameter';
import type { PartialBias } from './partial_bias';

/** How a `Linear` begins and how its weight lies in memory. */
export interface LinearOptions {
  /** Of all outputs, or of some of those that have names: see `biasBut`. Default true. */
  readonly bias?: boolean | PartialBias;
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
  /** (out), but for outputs that have none: see `biasRow`. */
  readonly bias: Parameter | null;
  readonly inputs: number;
  readonly outputs: number;
  readonly layout: 'out_in' | 'in_out';
  /** Its outputs by name (or number), where they are several. */
  readonly sections: Readonly<Record<string, number>>;
  /** Which outputs have a bias, where not all or none do. */
  readonly partial: PartialBias | null;
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
    this.partial = typeof bias === 'object' ? bias : null;
    this.sections = typeof outputs === 'number' ? {} : Object.fromEntries(Object.entries(outputs));
    const sizes = Object.values(this.sections);
    const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    const all = typeof outputs === 'number' ? outputs : sum(sizes);
    const parts = (list: readonly number[]): object => (list.length > 0 ? { sections: list } : {});
    [this.inputs, this.outputs, this.layout] = [inputs, all, layout];
    this.weight = new Parameter(layout === 'out_in' ? [all, inputs] : [inputs, all], {
      ...{ init: init ?? own, outputs: layout === 'out_in' ? 0 : 1 },
      ...parts(sizes),
    });
    const some = this.partial?.sizes(this.sections);
    const length = some ? sum(some) : all;
    const first = { init: init ? zeros : own, ...parts(some ?? sizes) };
    this.bias = bias && length > 0 ? new Parameter([length], first) : null;
  }

  /** The bias of all outputs, (out), with zeros for those that have none; null where none has. */
  biasRow(g: Graph): Tensor | null {
    const own = this.bias && g.use(this.bias);
    return own && this.partial ? this.partial.row(g, own, this.sections) : own;
  }

  /** Activation and residual are fused into the matmul: y = activation(x Wᵀ + b) + residual. */
  forward(g: Graph, x: Tensor, options: LinearForwardOptions = {}): Tensor {
    const { activation, residual } = options;
    expectOptions('Linear.forward', options, { activation, residual });
    const plain: LinearForward = (g, x, { activation, residual }) => {
      const weight = g.use(this.weight);
      const bias = this.biasRow(g);
      return matmul(g, x, weight, {
        transposeB: this.layout === 'out_in' || weight.packed !== null,
        ...(bias && { bias }),
        ...(activation && { activation }),
        ...(residual && { residual }),
      });
    };
    return this.wraps.reduce((inner, wrap) => wrap(inner), plain)(g, x, options);
  }
}
