import { EngineError, expectOneOf, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import { matmul } from '../shaders/matmul/matmul';
import { concat, slice } from '../shaders/rearrange/rearrange';
import type { Activation } from '../shaders/activation/activation';
import { uniform, zeros, type Init } from './init';
import { Parameter } from './parameter';

/** How a `Linear` begins and how its weight lies in memory. */
export interface LinearOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Outputs by name that have no bias, such as Whisper's keys: `bias` holds those of the others. Default none. */
  readonly unbiased?: readonly string[];
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
  /** Names of outputs without a bias. */
  readonly unbiased: readonly string[];
  /** What makes another `forward` of it, first to last: see `adapt`. */
  wraps: readonly ((inner: LinearForward) => LinearForward)[] = [];

  constructor(
    inputs: number,
    outputs: number | readonly number[] | Readonly<Record<string, number>>,
    options: LinearOptions = {},
  ) {
    const { bias = true, unbiased = [], init, layout = 'out_in' } = options;
    expectOptions('Linear', options, { bias, unbiased, init, layout });
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
    const unknown = unbiased.find((name) => !Object.hasOwn(this.sections, name));
    if (unknown !== undefined) {
      const what = `unbiased names ${JSON.stringify(unknown)}, which is none of its outputs`;
      throw new EngineError(
        'Linear',
        what,
        `They are ${Object.keys(this.sections).join(', ') || 'not named'}.`,
      );
    }
    this.unbiased = unbiased;
    const some = this.#biased().map(({ outputs }) => outputs);
    const length = some.reduce((sum, n) => sum + n, 0);
    const parts = some.length > 1 ? { sections: some } : {};
    this.bias = bias && length > 0 ? new Parameter([length], { init: init ? zeros : own, ...parts }) : null;
  }

  /** Outputs that have a bias: the first and how many, and where `bias` holds them. */
  #biased(): { readonly from: number; readonly outputs: number; readonly at: number }[] {
    const named = Object.entries(this.sections);
    let [from, at] = [0, 0];
    return (named.length > 0 ? named : [['', this.outputs] as const]).flatMap(([name, outputs]) => {
      const first = from;
      from += outputs;
      if (this.unbiased.includes(name)) return [];
      at += outputs;
      return [{ from: first, outputs, at: at - outputs }];
    });
  }

  /** The bias of all outputs, (out), with zeros for those that have none; null where none has. */
  biasRow(g: Graph): Tensor | null {
    if (!this.bias) return null;
    const own = g.use(this.bias);
    if (this.unbiased.length === 0) return own;
    const parts: Tensor[] = [];
    let end = 0;
    const fill = (to: number): void => {
      if (to > end) parts.push(g.constant('no bias', [to - end], new Float32Array(to - end)));
    };
    for (const { from, outputs, at } of this.#biased()) {
      fill(from);
      parts.push(slice(g, own, 0, at, outputs));
      end = from + outputs;
    }
    fill(this.outputs);
    return concat(g, parts, 0);
  }

  /** The numbers of `bias` for all outputs, with zeros for those that have none. */
  spreadBias(bias: Float32Array): Float32Array {
    const all = new Float32Array(this.outputs);
    for (const { from, outputs, at } of this.#biased()) all.set(bias.subarray(at, at + outputs), from);
    return all;
  }

  /** The way back: those of outputs that have a bias. */
  gatherBias(all: Float32Array): Float32Array {
    const bias = new Float32Array(this.bias?.size ?? 0);
    for (const { from, outputs, at } of this.#biased()) bias.set(all.subarray(from, from + outputs), at);
    return bias;
  }

  /** Where `bias` holds the outputs of a name; null where they have none. */
  biasOf(name: string): { readonly from: number; readonly outputs: number } | null {
    if (!this.bias || this.unbiased.includes(name)) return null;
    const names = Object.keys(this.sections).filter((one) => !this.unbiased.includes(one));
    const { at, outputs } = this.#biased()[names.indexOf(name)];
    return { from: at, outputs };
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
